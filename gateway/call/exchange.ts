import type { IncomingHttpHeaders } from 'node:http'
import { errors } from 'undici'
import type { Dispatcher } from 'undici'
import type { Timeouts } from '../config.ts'
import { GatewayError, UpstreamError } from '../errors.ts'
import type { Upstream } from './upstream.ts'

/** How long a connection may take to end by itself after the last byte of interest, to be used again. */
const lingerMs = 100

export interface UpstreamRequest {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** One attempt on the wire: an answered head, and a body that ends, is cut, or runs into a limit. */
export class Exchange {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly #body: Dispatcher.ResponseData['body']
  readonly #abort: AbortController
  readonly #detach: () => void
  #timer: NodeJS.Timeout | undefined

  private constructor(response: Dispatcher.ResponseData, abort: AbortController, timer: NodeJS.Timeout, detach: () => void) {
    this.status = response.statusCode
    this.headers = response.headers
    this.#body = response.body
    this.#abort = abort
    this.#timer = timer
    this.#detach = detach
    // Destroying a body emits an error even when nobody is left to read it.
    this.#body.on('error', () => {})
  }

  /** Sends the request and waits for the head. Aborting `scope` destroys the upstream socket, whatever it is doing. */
  static async open(upstream: Upstream, request: UpstreamRequest, scope: AbortSignal, timeouts: Timeouts): Promise<Exchange> {
    scope.throwIfAborted()
    const abort = new AbortController()
    const follow = (): void => abort.abort(scope.reason)
    scope.addEventListener('abort', follow, { once: true })
    const detach = (): void => scope.removeEventListener('abort', follow)
    const timer = setTimeout(() => abort.abort(timedOut('first byte')), timeouts.firstByteMs)
    try {
      const response = await upstream.pool.request({
        method: 'POST',
        path: upstream.prefix + request.path,
        headers: { ...request.headers, ...upstream.headers },
        body: request.body,
        signal: abort.signal,
      })
      return new Exchange(response, abort, timer, detach)
    } catch (error) {
      clearTimeout(timer)
      detach()
      throw abort.signal.aborted ? abort.signal.reason : connectionError(error)
    }
  }

  /** The body's bytes. The idle limit runs only while we wait for the upstream, not while the caller takes its time. */
  async *chunks(idleMs: () => number): AsyncGenerator<Buffer, void, undefined> {
    const iterator = this.#body.iterator({ destroyOnReturn: false })
    try {
      for (;;) {
        // While the wait for the first byte (a stream's first event) runs, bytes alone do not extend it.
        const idle = this.#timer === undefined
        if (idle) this.#timer = setTimeout(() => this.#abort.abort(timedOut('the next byte')), idleMs())
        const next = await (iterator.next() as Promise<IteratorResult<Buffer, undefined>>)
        if (idle) this.progress()
        if (next.done === true) return
        yield next.value
      }
    } catch (error) {
      if (this.#abort.signal.aborted) throw this.#abort.signal.reason
      throw error instanceof GatewayError ? error : new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT', { cause: error })
    }
  }

  /** The wait for the first byte is over; from here on the idle limit applies. */
  progress(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Ends the exchange well: the connection is kept if the upstream ends its answer at once, otherwise destroyed. */
  finish(): void {
    this.progress()
    this.#detach()
    if (this.#body.destroyed || this.#body.readableEnded) return
    const linger = setTimeout(() => this.#body.destroy(), lingerMs)
    this.#body.once('close', () => clearTimeout(linger))
    this.#body.resume()
  }

  /** Ends the exchange in the middle: the upstream socket is destroyed. */
  destroy(): void {
    this.progress()
    this.#detach()
    this.#body.destroy()
  }
}

function timedOut(waitedFor: string): UpstreamError {
  return new UpstreamError('timeout', 'GW_ERR_UPSTREAM_TIMEOUT', { message: `The upstream did not answer in time (waited for ${waitedFor}).` })
}

function connectionError(cause: unknown): UpstreamError {
  if (cause instanceof errors.ConnectTimeoutError) {
    return new UpstreamError('timeout', 'GW_ERR_UPSTREAM_TIMEOUT', { message: 'The upstream did not accept a connection in time.', cause })
  }
  if (cause instanceof errors.HTTPParserError) return new UpstreamError('bad-answer', 'GW_ERR_UPSTREAM_BAD_ANSWER', { message: 'The upstream did not answer in HTTP.', cause })
  return new UpstreamError('unreachable', 'GW_ERR_UPSTREAM_UNREACHABLE', { cause })
}
