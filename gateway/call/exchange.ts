import type { IncomingHttpHeaders } from 'node:http'
import { errors } from 'undici'
import type { Dispatcher } from 'undici'
import { badAnswer } from '../check/json-answer.ts'
import type { Timeouts } from '../config.ts'
import { UpstreamError } from '../errors.ts'
import type { Scope } from '../scope.ts'
import type { Upstream } from './upstream.ts'

/** How long a connection may take to end by itself after the last byte of interest, to be used again. */
const lingerMs = 100
/** What may lie here unread before the upstream is told to wait. */
const mostUnread = 65_536

export interface UpstreamRequest {
  readonly path: string
  /** Names and values in turn. */
  readonly headers: string[]
  readonly body: string
}

interface BodyLimits {
  readonly idleMs: number
  readonly maxBytes: number
}

/**
 * One attempt on the wire: an answered head, and a body that ends, is cut, or runs into a limit.
 *
 * By `dispatch`, the call that undici's own `request` is made of: the latter wraps each body in a Readable and each abort in a signal, which
 * together cost as much as everything else that the gateway does for a request. What begins with `on` is for undici to call.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #scope: Scope
  readonly #head = Promise.withResolvers<void>()
  #status = 0
  #headers: IncomingHttpHeaders = {}
  #controller: Dispatcher.DispatchController | undefined
  readonly #unread: Buffer[] = []
  #unreadBytes = 0
  /** Who waits for the next bytes. */
  #wake: (() => void) | undefined
  /** Until when the upstream may keep us waiting; undefined while nobody waits for it. */
  #waitUntil: number | undefined
  #isFirstByte = true
  /** Looks at the wait when it fires; set anew for each piece of a body it would cost more than the piece. */
  #timer: NodeJS.Timeout | undefined
  #timerAt = 0
  #isDraining = false
  #isOver = false
  /** Why there is no more to come, other than that the answer has ended. */
  #failure: { readonly reason: unknown } | undefined

  private constructor(scope: Scope, firstByteMs: number) {
    this.#scope = scope
    scope.onEnd(this.#follow)
    this.#wait(firstByteMs)
  }

  /** Sends the request. The end of `scope` destroys the upstream socket, whatever it is doing. */
  static open(upstream: Upstream, request: UpstreamRequest, scope: Scope, timeouts: Pick<Timeouts, 'firstByteMs'>): Exchange {
    scope.throwIfOver()
    const exchange = new Exchange(scope, timeouts.firstByteMs)
    upstream.pool.dispatch({ method: 'POST', path: upstream.prefix + request.path, headers: request.headers, body: request.body }, exchange)
    return exchange
  }

  /** Resolves when status and headers are there; to be awaited once, before anything else. */
  get answered(): Promise<void> {
    return this.#head.promise
  }

  get status(): number {
    return this.#status
  }

  get headers(): IncomingHttpHeaders {
    return this.#headers
  }

  /** The whole body; the idle limit runs anew with each piece. Throws when it grows larger. */
  body(limits: BodyLimits): Promise<Buffer> | Buffer {
    this.progress()
    // Most answers come in one piece, together with their head.
    return this.#isOver && this.#failure === undefined && this.#unread.length === 1 && this.#unreadBytes <= limits.maxBytes ? (this.#take() as Buffer) : this.#whole(limits)
  }

  async #whole({ idleMs, maxBytes }: BodyLimits): Promise<Buffer> {
    const pieces: Buffer[] = []
    let bytes = 0
    for (;;) {
      const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
      const next = this.poll(idleMs, wake)
      if (next === 'end') break
      if (next === undefined) {
        await woken
        continue
      }
      bytes += next.length
      if (bytes > maxBytes) throw badAnswer('The upstream answer is too large.')
      pieces.push(next)
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces, bytes)
  }

  /**
   * The body's next bytes, or that all have been read. Undefined when there are none yet: `wake` is called when there may be, of several the last
   * one; it must not throw. The idle limit runs only while we wait for the upstream, not while the caller takes its time.
   */
  poll(idleMs: number, wake: () => void): Buffer | 'end' | undefined {
    if (this.#unread.length > 0 || this.#isOver) return this.#take() ?? 'end'
    // While the wait for the first byte (a stream's first event) runs, bytes alone do not extend it; nor does asking twice extend any.
    if (!this.#isFirstByte && this.#wake === undefined) this.#wait(idleMs)
    this.#wake = wake
    return undefined
  }

  /** The wait for the first byte is over; from here on the idle limit applies. */
  progress(): void {
    if (!this.#isFirstByte) return
    this.#isFirstByte = false
    this.#waitUntil = undefined
  }

  /** Ends the exchange well: the connection is kept if the upstream ends its answer at once, otherwise destroyed. */
  finish(): void {
    this.#let()
    if (this.#isOver) return
    this.#isDraining = true
    this.#unread.length = 0
    this.#timer = setTimeout(() => this.destroy(), lingerMs)
    this.#controller?.resume()
  }

  /** Ends the exchange in the middle: the upstream socket is destroyed. */
  destroy(): void {
    if (!this.#isOver) this.#fail(new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    // It waited for a connection, and nobody wants it any more.
    if (this.#failure !== undefined) controller.abort(asError(this.#failure.reason))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // As long as the answer lasts they would be kept, with all that came in one piece with them.
    controller.rawHeaders = null
    // 1xx: the answer is still to come.
    if (status < 200) return
    this.#status = status
    this.#headers = headers
    this.#head.resolve()
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isDraining) return
    if (!this.#isFirstByte) this.#waitUntil = undefined
    this.#unread.push(bytes)
    this.#unreadBytes += bytes.length
    this.#tell()
    if (this.#unreadBytes >= mostUnread) controller.pause()
  }

  onResponseEnd(): void {
    this.#end()
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#end({ reason: this.#status === 0 ? connectionError(error) : new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT', { cause: error }) })
  }

  #take(): Buffer | undefined {
    const next = this.#unread.shift()
    if (next === undefined) {
      if (this.#failure !== undefined) throw this.#failure.reason
      return undefined
    }
    this.#unreadBytes -= next.length
    if (this.#unreadBytes < mostUnread) this.#controller?.resume()
    return next
  }

  #wait(ms: number): void {
    const until = performance.now() + ms
    this.#waitUntil = until
    if (this.#timer !== undefined && this.#timerAt <= until) return
    clearTimeout(this.#timer)
    this.#timerAt = until
    this.#timer = setTimeout(this.#look, ms)
  }

  readonly #look = (): void => {
    this.#timer = undefined
    if (this.#waitUntil === undefined) return
    const left = this.#waitUntil - performance.now()
    if (left > 0) this.#wait(left)
    else this.#fail(timedOut(this.#isFirstByte ? 'first byte' : 'the next byte'))
  }

  readonly #follow = (): void => this.#fail(this.#scope.reason)

  /** Gives up: whoever waits learns the reason, and the socket is destroyed. */
  #fail(reason: unknown): void {
    if (this.#isOver) return
    // What has come and was not read is of no use to anybody.
    this.#unread.length = 0
    this.#end({ reason })
    this.#controller?.abort(asError(reason))
  }

  #end(failure?: { readonly reason: unknown }): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#failure = failure
    this.#let()
    if (failure !== undefined) this.#head.reject(failure.reason)
    this.#tell()
  }

  #tell(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #let(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waitUntil = undefined
    this.#scope.offEnd(this.#follow)
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
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
