import { createServer, request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { ConfigInput } from './config.ts'
import { createGateway } from './server.ts'
import type { GatewayOptions } from './server.ts'

/** The upstream's canary key: must be found nowhere but at the upstream. */
export const upstreamKey = 'sk-canary-upstream-0001'
export const callerKey = 'caller-key-canary-1'

/** One call as an upstream saw it. */
export interface Seen {
  readonly request: IncomingMessage
  readonly body: string
  /** Resolves when the upstream's side of the exchange is over, with whether the answer was whole. */
  readonly closed: Promise<boolean>
}

export type Handler = (response: ServerResponse, seen: Seen, nth: number) => void

/** An upstream on a free port that does what the handler says and keeps what it saw. */
export async function fakeUpstream(handler: Handler) {
  const seen: Seen[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (bytes: Buffer) => chunks.push(bytes))
    response.on('error', () => {})
    const closed = new Promise<boolean>((resolve) => response.once('close', () => resolve(response.writableFinished)))
    request.on('end', () => {
      const call = { request, body: Buffer.concat(chunks).toString(), closed }
      seen.push(call)
      for (const { count, resolve } of waiting) if (seen.length >= count) resolve()
      handler(response, call, seen.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    baseURL: `http://127.0.0.1:${port}/v1`,
    seen,
    /** Resolves once that many calls have come in. */
    async calls(count: number): Promise<void> {
      if (seen.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }))
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Overrides = Partial<Omit<ConfigInput, 'upstreams'>>

/** A config for tests, with short backoffs but limits that a busy machine does not hit, for the given upstreams; the first is the only one of `chat`, `chain` has them all. */
export function testConfig(baseURLs: readonly string[], overrides: Overrides = {}): ConfigInput {
  const names = baseURLs.map((_url, index) => `up${index + 1}`)
  return {
    port: 0,
    keys: [{ id: 'caller', key: callerKey }],
    upstreams: Object.fromEntries(baseURLs.map((baseURL, index) => [`up${index + 1}`, { baseURL, apiKey: upstreamKey }])),
    models: {
      chat: { chain: [{ upstream: 'up1', model: 'tiny' }] },
      chain: { chain: names.map((upstream) => ({ upstream, model: 'tiny' })) },
    },
    retry: { retries: 2, statuses: [429, 500, 502, 503, 504], baseMs: 5, capMs: 20, maxRetryAfterMs: 2_000 },
    breaker: { failures: 5, cooldownMs: 300 },
    timeouts: { connectMs: 2_000, firstByteMs: 3_000, idleMs: 3_000, totalMs: 10_000 },
    stream: { holdMs: 50, finishMs: 60 },
    log: { level: 'silent' },
    ...overrides,
  }
}

/** A listening gateway. */
export async function startGateway(config: ConfigInput, options?: GatewayOptions) {
  const app: FastifyInstance = createGateway(config, options)
  const url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    app,
    url,
    async [Symbol.asyncDispose]() {
      app.server.closeAllConnections()
      await app.close()
    },
  }
}

/** Collects a gateway's log; for the `logTo` of its options. */
export function logLines() {
  const lines: Record<string, unknown>[] = []
  return {
    lines,
    write(line: string): void {
      lines.push(JSON.parse(line) as Record<string, unknown>)
    },
    /** The lines with this message. */
    of: (msg: string) => lines.filter((line) => line['msg'] === msg),
  }
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** False when the connection ended before the message did. */
  readonly whole: boolean
}

export const chatBody = { model: 'chat', messages: [{ role: 'user', content: 'hello' }] }

/** Opens a request and hands out the response when its head is there. `node:http`, because fetch hides cut bodies. */
export function open(url: string, body: unknown, options: Omit<RequestOptions, 'headers'> & { readonly headers?: Record<string, string> } = {}) {
  const key: Record<string, string> = options.headers?.['x-api-key'] === undefined ? { authorization: `Bearer ${callerKey}` } : {}
  const request = httpRequest(url, {
    method: body === undefined ? 'GET' : 'POST',
    ...options,
    headers: { ...key, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve)
    request.once('error', reject)
  })
  response.catch(() => {})
  request.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body))
  return { request, response }
}

/** Reads a response to its end, whichever kind of end that is. */
export async function read(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = []
  try {
    for await (const bytes of response) chunks.push(bytes as Buffer)
  } catch {
    // A cut body shows as `whole: false`.
  }
  return { status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString(), whole: response.complete }
}

/** Sends a chat request (or another one) and reads the whole answer. */
export async function post(url: string, body: unknown = chatBody, options: Parameters<typeof open>[2] = {}): Promise<Reply> {
  return read(await open(`${url}/v1/chat/completions`, body, options).response)
}

/** The error object of an OpenAI envelope; throws when the text is not one with exactly the four keys. */
export function errorOf(text: string): { message: string; type: string; param: string | null; code: string | null } {
  const { error } = JSON.parse(text) as { error: Record<string, unknown> }
  if (Object.keys(error).toSorted().join() !== 'code,message,param,type') throw new Error(`not an envelope: ${text}`)
  return error as ReturnType<typeof errorOf>
}

/** A chat completion as an upstream answers it. */
export function completion(content: string): string {
  return JSON.stringify({ id: 'c1', object: 'chat.completion', created: 1, model: 'tiny', choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } })
}

/** One chunk of a chat stream. */
export function chunk(delta: Record<string, unknown>, finish: string | null = null): string {
  return JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'tiny', choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }] })
}

/** Events as an upstream frames them. */
export function sse(...events: string[]): string {
  return events.map((event) => `data: ${event}\n\n`).join('')
}

export function answerJson(response: ServerResponse, body: string, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
}

/** Begins a stream; more may be written to the response. */
export function answerStream(response: ServerResponse, text: string): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(text)
  return response
}

/** Content of every chunk in a relayed stream, in order. */
export function contentOf(text: string): string {
  return dataOf(text).filter((data) => data !== '[DONE]').map((data) => (JSON.parse(data) as { choices?: { delta?: { content?: string } }[] }).choices?.[0]?.delta?.content ?? '').join('')
}

/** The data of each event; throws on any byte that is not a clean `data: …` frame. */
export function dataOf(text: string): string[] {
  return text.split('\n\n').slice(0, -1).map((frame) => {
    if (!/^data: [^\r\n]+$/.test(frame)) throw new Error(`not a clean frame: ${JSON.stringify(frame)}`)
    return frame.slice(6)
  })
}

/** An upstream's answer that comes in these parts, and ends well or with a failure. */
export function exchangeOf(parts: Iterable<Buffer>, end?: unknown) {
  const left = parts[Symbol.iterator]()
  return {
    progress() {},
    poll(): Buffer | 'end' {
      const next = left.next()
      if (next.done === true && end !== undefined) throw end
      return next.done === true ? 'end' : next.value
    },
  }
}
