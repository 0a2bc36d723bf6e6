import { Failure } from './failure.ts'

export interface QueueRule {
  /** Upstream calls at a time. */
  slots: number
  /** Calls that may wait for one. */
  places: number
}

/** Slots for upstream calls, given out in the order in which they were asked for. */
export class Slots {
  readonly #places: number
  readonly #line: (() => void)[] = []
  #free: number

  constructor({ slots, places }: QueueRule) {
    this.#free = slots
    this.#places = places
  }

  /** Resolves with the way to give the slot back, or with null when the caller left first. Throws a 503 when there is no place to wait. */
  async enter(signal: AbortSignal): Promise<(() => void) | null> {
    if (this.#free > 0) this.#free -= 1
    else if (this.#line.length >= this.#places) throw new Failure({ origin: 'gateway', status: 503, message: 'Too many requests are waiting.', code: 'overloaded', retryAfter: '1' })
    else if (!(await this.#wait(signal))) return null
    return () => {
      const next = this.#line.shift()
      if (next === undefined) this.#free += 1
      else next()
    }
  }

  /** Whether a slot came before the caller left. */
  async #wait(signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const start = (): void => resolve(true)
    this.#line.push(start)
    const leave = (): void => {
      const at = this.#line.indexOf(start)
      if (at === -1) return
      this.#line.splice(at, 1)
      resolve(false)
    }
    signal.addEventListener('abort', leave)
    const started = await promise
    signal.removeEventListener('abort', leave)
    return started
  }
}
