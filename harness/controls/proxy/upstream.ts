import type { IncomingMessage } from 'node:http'
import { Agent, request as httpRequest } from 'node:http'
import type { Call } from './call.ts'
import type { Config, Lane, Numbers } from './config.ts'
import { Failure, retryAfterMs, upstreamError } from './failure.ts'
import type { Seams } from './seams.ts'

/** What an attempt needs to know of the proxy. */
export interface Setup {
  config: Config
  numbers: Numbers
  seams: Seams
}

export const scrubber = ({ config, seams }: Setup) => (text: string): string =>
  seams.scrub(text, { key: config.upstreamKey, places: Object.values(config.upstreams).flatMap((url) => [url, new URL(url).host]) })

/** The upstream was too slow; or the call's whole time is up, which is no verdict on this upstream and leaves none for another. */
export const timedOut = (call: Call, message: string): Failure =>
  performance.now() < call.deadline
    ? new Failure({ origin: 'timeout', status: 504, message, code: 'upstream_timeout' })
    : new Failure({ origin: 'gateway', status: 504, message: 'The call took too long.', code: 'timeout' })

/** The bytes of an upstream's answer, pulled with a time limit; the one place that learns how the answer ended. */
export class Wire {
  readonly res: IncomingMessage
  #queue: Buffer[] = []
  #over: 'eof' | 'cut' | null = null
  #wake: () => void = () => {}

  constructor(res: IncomingMessage) {
    this.res = res
    const end = (how: 'eof' | 'cut'): void => {
      this.#over ??= how
      this.#wake()
    }
    res.on('data', (bytes: Buffer) => {
      this.#queue.push(bytes)
      if (this.#queue.length >= 16) res.pause()
      this.#wake()
    })
    res.on('end', () => end(res.complete ? 'eof' : 'cut'))
    res.on('error', () => end('cut'))
    res.on('close', () => end('cut'))
  }

  async next(limitMs: number): Promise<Buffer | 'eof' | 'cut' | 'timeout'> {
    if (limitMs <= 0) return 'timeout'
    const until = performance.now() + limitMs
    for (;;) {
      const bytes = this.#queue.shift()
      if (bytes !== undefined) return bytes
      if (this.#over !== null) return this.#over
      const left = until - performance.now()
      if (left <= 0) return 'timeout'
      this.res.resume()
      await new Promise<void>((resolve) => {
        const timer = Number.isFinite(left) ? setTimeout(resolve, left) : undefined
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Lets a finished answer end by itself, and ends it when it does not. */
  release(patienceMs: number): void {
    this.res.removeAllListeners('data').resume()
    const timer = setTimeout(() => this.res.destroy(), patienceMs).unref()
    this.res.once('close', () => clearTimeout(timer))
  }
}

// One connection per attempt: an idle connection the upstream is just closing could lose a request that was already billed.
const agent = new Agent({ keepAlive: false })

/** Sends one attempt and waits for the answer's head. */
export function open(setup: Setup, call: Call, lane: Lane): Promise<Wire> {
  const { config, numbers, seams } = setup
  const { promise, resolve, reject } = Promise.withResolvers<Wire>()
  const body = Buffer.from(seams.requestBody(call.body, call))
  const headers = seams.upstreamHeaders(
    {
      'content-type': 'application/json',
      'content-length': String(body.length),
      accept: call.stream ? 'text/event-stream' : 'application/json',
      'accept-encoding': 'identity',
      authorization: `Bearer ${config.upstreamKey}`,
      'x-request-id': call.id,
    },
    call,
  )
  const req = httpRequest(lane.url + call.path, { method: 'POST', agent, headers, signal: call.signal })
  let timer: NodeJS.Timeout | undefined
  const within = (phase: 'connect' | 'head', ms: number, message: string): void => {
    clearTimeout(timer)
    const limit = seams.limit(phase, Math.max(0, Math.min(ms, call.deadline - performance.now())))
    if (!Number.isFinite(limit)) return
    timer = setTimeout(() => {
      reject(timedOut(call, message))
      req.destroy()
    }, limit)
  }
  within('connect', numbers.connectMs, 'The upstream did not accept the connection in time.')
  req.on('socket', (socket) => socket.once('connect', () => within('head', numbers.firstByteMs, 'The upstream did not answer in time.')))
  req.on('response', (res) => {
    clearTimeout(timer)
    resolve(new Wire(res))
  })
  // A reset after the head arrives here too. By then the promise is settled and this does nothing: only the Wire decides.
  req.on('error', (error) => {
    clearTimeout(timer)
    reject(new Failure({ origin: 'connect', status: 502, message: seams.connectMessage(error, lane), code: 'upstream_unreachable' }))
  })
  req.end(body)
  return promise
}

/** Reads a whole answer. */
export async function collect({ numbers, seams }: Setup, call: Call, wire: Wire): Promise<string> {
  const parts: Buffer[] = []
  for (let size = 0; size <= numbers.bodyBytes; ) {
    const bytes = await wire.next(seams.limit('body', Math.min(numbers.idleMs, call.deadline - performance.now())))
    if (bytes === 'eof') return Buffer.concat(parts).toString()
    if (bytes === 'timeout') throw timedOut(call, 'The upstream stopped in the middle of its answer.')
    if (bytes === 'cut') throw new Failure({ origin: 'cut', status: 502, message: 'The upstream broke off its answer.', code: 'upstream_cut' })
    parts.push(bytes)
    size += bytes.length
  }
  throw new Failure({ origin: 'answer', status: 502, message: 'The upstream answer is too large.', code: 'upstream_bad_response' })
}

const jsonOrNull = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** The failure an answer other than a good 200 stands for; an error object in it is kept, its secrets are not. */
export function refusal(setup: Setup, status: number, text: string, retryAfter: string | null): Failure {
  const told = upstreamError(jsonOrNull(text), scrubber(setup))
  if (status >= 200 && status < 400) {
    const message = 'The upstream sent no valid answer.'
    return new Failure({ origin: told === null ? 'answer' : 'in-band', status: 502, message, type: 'server_error', code: 'upstream_bad_response', ...told })
  }
  if (status === 401 || status === 403) {
    const message = 'The gateway could not authenticate with the upstream.'
    return new Failure({ origin: 'status', status: 502, message, code: 'upstream_auth_failed', upstreamStatus: status, headers: { 'x-should-retry': 'false' } })
  }
  const valid = retryAfter !== null && retryAfterMs(retryAfter) !== null ? retryAfter : null
  return new Failure({ origin: 'status', status, message: `The upstream answered ${status}.`, upstreamStatus: status, retryAfter: valid, ...told })
}
