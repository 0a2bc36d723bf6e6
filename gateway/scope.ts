import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from './errors.ts'

/** How long work may go on; {@link RequestScope} for one caller, {@link WorkScope} for a job, but one call may also serve several. */
export interface Scope extends Pick<Ending, 'isOver' | 'reason' | 'signal' | 'throwIfOver' | 'onEnd' | 'offEnd'> {
  /** What is left of the total time, in milliseconds. */
  readonly remainingMs: number
}

/**
 * Something that ends once, with a reason. An AbortSignal says as much, but a request needs several with listeners on each, and an EventTarget's
 * are slow: made of maps and linked lists, and searched from the front at each new one.
 */
export class Ending {
  #isOver = false
  #reason: unknown
  /**
   * Not a Set, here and wherever something long-lived is entered and left by each request: the table that a Set or Map grows out of still
   * points to what was in it and to the next one, and once one of them is old, all that follow outlive their time with whole requests in them.
   */
  #listeners: (() => void)[] = []
  #abort: AbortController | undefined

  get isOver(): boolean {
    return this.#isOver
  }

  /** Why it is over. */
  get reason(): unknown {
    return this.#reason
  }

  /** The same for what takes nothing else; made when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      if (this.#isOver) this.#abort.abort(this.#reason)
    }
    return this.#abort.signal
  }

  /** Throws the reason when it is over. */
  throwIfOver(): void {
    if (this.#isOver) throw this.#reason
  }

  /** Has `run` called at the end, unless it is over already. `run` must not throw. */
  onEnd(run: () => void): void {
    this.#listeners.push(run)
  }

  offEnd(run: () => void): void {
    const at = this.#listeners.lastIndexOf(run)
    if (at === -1) return
    const last = this.#listeners.pop()
    if (last !== undefined && at < this.#listeners.length) this.#listeners[at] = last
  }

  /** Ends it; the first reason stays. */
  end(reason?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#reason = reason
    const listeners = this.#listeners
    this.#listeners = []
    for (const run of listeners) run()
    this.#abort?.abort(reason)
  }
}

/** What ends other things as well. */
type Until = Pick<Ending, 'isOver' | 'onEnd' | 'offEnd'>

/** The life of one piece of work that nobody holds a connection for: it ends when the total time is spent, a drain reaches its deadline, or somebody ends it. */
export class WorkScope extends Ending implements Scope, Disposable {
  readonly #deadline: number
  readonly #timer: NodeJS.Timeout
  readonly #cut: Until
  readonly #drained = (): void => this.end(new GatewayError('GW_ERR_DRAINING', { message: 'The gateway shut down before the answer was finished.' }))

  constructor(totalMs: number, cut: Until) {
    super()
    this.#deadline = performance.now() + totalMs
    this.#timer = setTimeout(() => this.end(new GatewayError('GW_ERR_TOTAL_TIMEOUT')), totalMs)
    this.#cut = cut
    cut.onEnd(this.#drained)
    if (cut.isOver) this.#drained()
  }

  get remainingMs(): number {
    return this.#deadline - performance.now()
  }

  [Symbol.dispose](): void {
    this.leave()
  }

  /** By a name of its own: `super` with a symbol is looked up anew each time. */
  protected leave(): void {
    clearTimeout(this.#timer)
    this.#cut.offEnd(this.#drained)
  }
}

const closing = Symbol('closing')

/** A connection, with what ends when it is closed. */
type Connection = FastifyRequest['raw']['socket'] & { [closing]?: Ending }

/** One listener for all requests of a connection: to enter one and take it away again for each costs as much as a timer. */
function closingOf(connection: Connection): Ending {
  let ending = connection[closing]
  if (ending === undefined) {
    const made = new Ending()
    connection.once('close', () => made.end())
    connection[closing] = ending = made
  }
  return ending
}

/**
 * The life of one request: it ends when the caller goes, too. `request.signal` of Fastify does not serve: `hijack()` takes its
 * listener away, and a stream is hijacked.
 */
export class RequestScope extends WorkScope {
  readonly #connection: Ending
  readonly #gone = (): void => this.end(new GatewayError('GW_ERR_CALLER_GONE'))

  constructor(request: FastifyRequest, reply: FastifyReply, totalMs: number, cut: Until) {
    super(totalMs, cut)
    const { socket } = request.raw
    this.#connection = closingOf(socket)
    this.#connection.onEnd(this.#gone)
    if (socket.destroyed || reply.raw.destroyed) this.#gone()
  }

  protected override leave(): void {
    super.leave()
    this.#connection.offEnd(this.#gone)
  }
}
