import { request as httpRequest } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { ClientRecord } from '../../schemas/evidence.ts'
import { SseDecoder } from '../../schemas/sse.ts'
import type { Secrets } from '../evidence/secrets.ts'
import { now } from '../timing.ts'

export interface ExchangeOptions {
  nonce: string
  window: string
  label: string
  /** Nonce in the text where it is not the request's own. */
  question?: string | undefined
  url: URL
  method: 'GET' | 'POST'
  headers: Record<string, string>
  body: string
  stream: boolean
  secrets: Secrets
  /** Bound after which the caller gives up, in milliseconds. */
  giveUpMs: number
  /** Called when the caller has seen its k-th event with words. */
  onWord?: (count: number) => void
  /** Ends the exchange from the caller's side: a reason other than `abort` counts as giving up. */
  signal?: AbortSignal
}

export interface ExchangeResult {
  records: ClientRecord[]
  status: number | null
  how: Extract<ClientRecord, { kind: 'end' }>['how']
  text: string
}

type End = Extract<ClientRecord, { kind: 'end' }>

/**
 * Sends one request and records what the caller sees, byte by byte with times. Built on node:http because fetch reports a
 * chunked body that was cut as a clean end on some Node versions. Never rejects: what went wrong is evidence.
 */
export const exchange = async (options: ExchangeOptions): Promise<ExchangeResult> => {
  const { nonce, secrets } = options
  const records: ClientRecord[] = []
  const chunks: { t: number; bytes: Buffer }[] = []
  const { promise: done, resolve: finish } = Promise.withResolvers<{ how: End['how']; detail: string }>()
  const body = Buffer.from(options.body)
  records.push({
    kind: 'request', t: now(), nonce, window: options.window, label: options.label, method: options.method, path: options.url.pathname,
    headers: Object.entries(options.headers).map(([k, v]): [string, string] => [k, secrets.text(v)]), body: secrets.text(options.body), stream: options.stream,
    ...(options.question === undefined || options.question === nonce ? {} : { question: options.question }),
  })
  const counter = wordCounter(options.onWord)
  let status: number | null = null
  let wasReset = false
  let leaving: 'aborted' | 'gave-up' | undefined

  const req = httpRequest(options.url, {
    method: options.method, agent: false, headers: { ...options.headers, ...(options.method === 'POST' ? { 'content-length': String(body.length) } : {}) },
  })
  // A reset shows on the socket, the request and the response, in an order that depends on how far the answer came; only
  // the system call tells it from a close, so all three are heard before the end is named.
  const broken = (error: NodeJS.ErrnoException): void => {
    wasReset ||= error.code === 'ECONNRESET' && error.syscall === 'read'
    setImmediate(() => finish({ how: leaving ?? (error.code === 'ECONNREFUSED' ? 'refused' : wasReset ? 'reset' : 'cut'), detail: error.message }))
  }
  req.on('socket', (socket) => socket.setNoDelay(true).on('error', broken))
  req.on('error', broken)
  req.on('response', (res: IncomingMessage) => {
    status = res.statusCode ?? null
    const raw = res.rawHeaders
    records.push({ kind: 'head', t: now(), nonce, status: status ?? 0, headers: raw.flatMap((h, i): [string, string][] => (i % 2 ? [] : [[h, secrets.text(raw[i + 1] ?? '')]])) })
    res.on('data', (bytes: Buffer) => {
      chunks.push({ t: now(), bytes })
      if (options.stream) counter(bytes)
    })
    const whole = (): void => finish({ how: 'complete', detail: '' })
    // An answer that the close delimits is whole by a FIN; Node calls it whole by a reset too, which arrives in this turn.
    res.on('end', () => (isFramed(res) ? whole() : setImmediate(() => wasReset || whole())))
    res.on('error', broken)
    res.on('close', () => (res.complete ? undefined : broken(new Error('closed short of its framing'))))
  })
  const leave = (how: 'aborted' | 'gave-up'): void => {
    if (leaving) return
    leaving = how
    if (how === 'aborted') records.push({ kind: 'abort', t: now(), nonce })
    req.destroy()
    finish({ how, detail: how === 'aborted' ? 'the caller left on purpose' : `nothing ended it within ${options.giveUpMs} ms` })
  }
  const timer = setTimeout(leave, options.giveUpMs, 'gave-up')
  const onAbort = (): void => leave('aborted')
  options.signal?.addEventListener('abort', onAbort)
  if (options.signal?.aborted) onAbort()
  req.end(options.method === 'POST' ? body : undefined)

  const { how, detail } = await done
  clearTimeout(timer)
  options.signal?.removeEventListener('abort', onAbort)
  const end: ClientRecord = { kind: 'end', t: now(), nonce, how, detail }
  const safe = secrets.chunks(chunks.map((c) => c.bytes))
  for (const [i, bytes] of safe.entries()) records.push({ kind: 'bytes', t: chunks[i]?.t ?? end.t, nonce, data: bytes.toString('base64') })
  records.push(end)
  return { records, status, how, text: Buffer.concat(safe).toString() }
}

/** False for an answer that only the close of its connection ends. */
const isFramed = ({ headers, statusCode }: IncomingMessage): boolean =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined || statusCode === 204 || statusCode === 304

/** Counts events that carry words, as they come; a latch on them is how the lock-step check paces the upstream. */
const wordCounter = (onWord: ((count: number) => void) | undefined): ((bytes: Buffer) => void) => {
  const decoder = new SseDecoder()
  let count = 0
  return (bytes) => {
    for (const event of decoder.push(bytes)) if (/"content":\s*"[^"]/.test(event.data)) onWord?.(++count)
  }
}
