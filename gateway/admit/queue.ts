import { z } from 'zod'
import { formatRetryAfter } from '../call/retry-after.ts'
import { GatewayError } from '../errors.ts'
import { Once } from '../once.ts'
import type { Queue } from '../policies.ts'
import type { Scope } from '../scope.ts'

export const queueConfig = z.strictObject({
  /** Upstream calls at a time. A stream counts until its last byte. */
  concurrency: z.int().min(1).default(4),
  /** Requests that may wait for a slot; 0 refuses at once. */
  waiting: z.int().min(0).default(50),
  /** The longest that one of them waits. */
  timeoutMs: z.int().min(1).default(9_000),
})
export type QueueConfig = z.output<typeof queueConfig>

/** What the queue needs to know of a request. */
export interface Waiting {
  readonly scope: Pick<Scope, 'isOver' | 'throwIfOver' | 'onEnd' | 'offEnd' | 'reason'>
  /** Gets the time spent here in milliseconds, added up over several tries. */
  readonly trace: { queuedMs?: number }
}

/** How much the last slot that was given back says about the next one. */
const weight = 0.2

/** Slots for upstream calls, handed on in the order in which they were asked for. */
export class SlotQueue implements Queue {
  readonly #config: QueueConfig
  readonly #line = new Line<() => void>()
  #running = 0
  /** How long slots were held of late. */
  #heldMs: number | undefined

  constructor(config: QueueConfig) {
    this.#config = config
  }

  /** Requests that wait for a slot. */
  get waiting(): number {
    return this.#line.size
  }

  /** Slots that are taken. */
  get running(): number {
    return this.#running
  }

  /** A slot, to be disposed of once or more often; a promise of one when there is none now, which rejects with GW_ERR_OVERLOADED or what the request's own scope ended with. */
  enter(waiting: Waiting): Promise<Disposable> | Disposable {
    // Nobody is overtaken: while anyone waits, all slots are taken, because a free one is handed on at once.
    if (this.#running >= this.#config.concurrency || waiting.scope.isOver) return this.#queued(waiting)
    waiting.trace.queuedMs ??= 0
    return this.#take()
  }

  async #queued({ scope, trace }: Waiting): Promise<Disposable> {
    scope.throwIfOver()
    trace.queuedMs ??= 0
    if (this.#line.size >= this.#config.waiting) throw this.#overloaded('Too many requests are waiting.')
    const since = performance.now()
    try {
      return await this.#wait(scope)
    } finally {
      trace.queuedMs += performance.now() - since
    }
  }

  async #wait(scope: Waiting['scope']): Promise<Disposable> {
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>()
    const end = (outcome: () => void): void => {
      this.#line.leave(start)
      clearTimeout(timer)
      scope.offEnd(gone)
      outcome()
    }
    const start = (): void => end(() => resolve(this.#take()))
    const gone = (): void => end(() => reject(scope.reason))
    const timer = setTimeout(() => end(() => reject(this.#overloaded('No slot came free in time.'))), this.#config.timeoutMs)
    scope.onEnd(gone)
    this.#line.join(start)
    return promise
  }

  #take(): Disposable {
    this.#running++
    const since = performance.now()
    return new Once(() => this.#free(performance.now() - since))
  }

  #free(heldMs: number): void {
    this.#running--
    this.#heldMs = this.#heldMs === undefined ? heldMs : this.#heldMs + weight * (heldMs - this.#heldMs)
    this.#line.first()?.()
  }

  #overloaded(message: string): GatewayError {
    const headers = { 'retry-after': formatRetryAfter(this.#clearMs()) }
    return new GatewayError('GW_ERR_OVERLOADED', { message: `${message} Try again after the time in \`Retry-After\`.`, headers })
  }

  /** Until those who wait now have been served, or have given up, which they do at the latest after the timeout. */
  #clearMs(): number {
    const { concurrency, timeoutMs } = this.#config
    if (this.#heldMs === undefined) return timeoutMs
    return Math.min((this.#heldMs * (this.#line.size + 1)) / concurrency, timeoutMs + this.#heldMs)
  }
}

/**
 * First in, first out, and out again from the middle, each in constant time. The iterator is kept because a new one walks over every place
 * that was left since the set last grew: the front of a line of thousands would be a walk of thousands.
 */
class Line<T> {
  readonly #members = new Set<T>()
  #front = this.#members.values()

  get size(): number {
    return this.#members.size
  }

  join(member: T): void {
    this.#members.add(member)
  }

  leave(member: T): void {
    this.#members.delete(member)
  }

  /** The next member, shown once only: whoever takes it makes it leave. */
  first(): T | undefined {
    const next = this.#front.next()
    if (next.done !== true) return next.value
    // An iterator that has reached the end stays there, whoever joins later.
    this.#front = this.#members.values()
    return this.#front.next().value
  }
}
