import type { FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from './errors.ts'

/**
 * The life of one request: one signal that aborts when the caller goes, the total time is spent, or a drain reaches its
 * deadline. `request.signal` of Fastify does not serve: `hijack()` takes its listener away, and a stream is hijacked.
 */
export class RequestScope implements Disposable {
  readonly #abort = new AbortController()
  readonly #deadline: number
  readonly #undo: () => void

  constructor(request: FastifyRequest, reply: FastifyReply, totalMs: number, cut: AbortSignal) {
    const { socket } = request.raw
    const gone = (): void => this.#abort.abort(new GatewayError('GW_ERR_CALLER_GONE'))
    const drained = (): void => this.#abort.abort(new GatewayError('GW_ERR_DRAINING', { message: 'The gateway shut down before the answer was finished.' }))
    const timer = setTimeout(() => this.#abort.abort(new GatewayError('GW_ERR_TOTAL_TIMEOUT')), totalMs)
    this.#deadline = performance.now() + totalMs
    socket.once('close', gone)
    cut.addEventListener('abort', drained, { once: true })
    this.#undo = () => {
      clearTimeout(timer)
      socket.off('close', gone)
      cut.removeEventListener('abort', drained)
    }
    if (socket.destroyed || reply.raw.destroyed) gone()
    else if (cut.aborted) drained()
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** What is left of the total time. */
  get remainingMs(): number {
    return this.#deadline - performance.now()
  }

  [Symbol.dispose](): void {
    this.#undo()
  }
}
