import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from './errors.ts'

/** How long work may go on; {@link RequestScope} for one caller, {@link WorkScope} for a job, but one call may also serve several. */
export interface Scope {
  readonly signal: AbortSignal
  /** What is left of the total time, in milliseconds. */
  readonly remainingMs: number
}

/** The life of one piece of work that nobody holds a connection for: it ends when the total time is spent, a drain reaches its deadline, or somebody ends it. */
export class WorkScope implements Scope, Disposable {
  readonly #abort = new AbortController()
  readonly #deadline: number
  readonly #undo: () => void

  constructor(totalMs: number, cut: AbortSignal) {
    const drained = (): void => this.end(new GatewayError('GW_ERR_DRAINING', { message: 'The gateway shut down before the answer was finished.' }))
    const timer = setTimeout(() => this.end(new GatewayError('GW_ERR_TOTAL_TIMEOUT')), totalMs)
    this.#deadline = performance.now() + totalMs
    cut.addEventListener('abort', drained, { once: true })
    this.#undo = () => {
      clearTimeout(timer)
      cut.removeEventListener('abort', drained)
    }
    if (cut.aborted) drained()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** What is left of the total time. */
  get remainingMs(): number {
    return this.#deadline - performance.now()
  }

  /** Aborts the signal; the first reason stays. */
  end(reason: GatewayError): void {
    this.#abort.abort(reason)
  }

  [Symbol.dispose](): void {
    this.#undo()
  }
}

/**
 * The life of one request: it ends when the caller goes, too. `request.signal` of Fastify does not serve: `hijack()` takes its
 * listener away, and a stream is hijacked.
 */
export class RequestScope extends WorkScope {
  readonly #leave: () => void

  constructor(request: FastifyRequest, reply: FastifyReply, totalMs: number, cut: AbortSignal) {
    super(totalMs, cut)
    const { socket } = request.raw
    const gone = (): void => this.end(new GatewayError('GW_ERR_CALLER_GONE'))
    socket.once('close', gone)
    this.#leave = () => socket.off('close', gone)
    if (socket.destroyed || reply.raw.destroyed) gone()
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]()
    this.#leave()
  }
}
