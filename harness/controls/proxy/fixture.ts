import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net'
import type { Numbers } from './config.ts'
import type { Seams } from './seams.ts'
import { parseConfig } from './config.ts'
import { Gateway } from './server.ts'

export const CALLER_KEY = 'caller-key-canary'
export const LIMITED_KEY = 'limited-key-canary'
export const UPSTREAM_KEY = 'upstream-key-canary'

/** The proxy's numbers, small, so that no test waits long, and so far above what a loopback takes that a busy machine which stops for a tenth of a second is not seen. */
export const QUICK: Partial<Numbers> = {
  backoffBaseMs: 5, backoffCapMs: 20, retryAfterCapMs: 300, breakerCooldownMs: 400, connectMs: 500, firstByteMs: 400, idleMs: 400, totalMs: 2500, drainMs: 1000, holdMs: 10,
}

/** One request as the fake upstream got it. */
export interface Exchange {
  rig: Rig
  lane: string
  /** Of this lane, from 1. */
  number: number
  headers: IncomingHttpHeaders
  body: string
  json: Record<string, unknown>
  res: ServerResponse
  at: number
  /** Resolves when the connection is gone. */
  closed: Promise<void>
}
export type Script = (x: Exchange) => unknown

export interface Reply {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** False when the answer ended short of its framing. */
  complete: boolean
}

export const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
export const chunk = (delta: object, finish: string | null = null, more: object = {}): object => ({
  id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'tiny', choices: [{ index: 0, delta, finish_reason: finish }], ...more,
})
export const USAGE = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
export const usageChunk = chunk({}, null, { choices: [], usage: USAGE })
export const completion = (message: object = { content: 'one two' }, finish = 'stop'): object => ({
  id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'tiny', choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finish }], usage: USAGE,
})
export const WHOLE = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'one' }), chunk({ content: ' two' }), chunk({}, 'stop')]

export const sse = (res: ServerResponse, ...events: unknown[]): ServerResponse => {
  if (!res.headersSent) res.writeHead(200, { 'content-type': 'text/event-stream' })
  res.write(events.map(event).join(''))
  return res
}
/** Answers as a provider should. */
export const good: Script = ({ json, res }) => {
  if (json['input'] !== undefined) return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [1, 2] }], model: 'tiny', usage: USAGE }))
  if (json['stream'] !== true) return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(completion()))
  return sse(res, ...WHOLE, ...(json['stream_options'] === undefined ? [] : [usageChunk]), '[DONE]').end()
}
/** Answers with a status, an error object or another body, and headers. */
export const refuse = (status: number, error: object | string = { message: 'no', type: 't', param: 'p', code: 'c' }, headers: Record<string, string> = {}): Script => ({ res }) =>
  res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(typeof error === 'string' ? error : JSON.stringify({ error }))
/** Streams events, waits until the caller has them, then ends the connection so. */
export const breakOff = (how: 'fin' | 'rst', ...events: unknown[]): Script => async ({ rig, res }) => {
  sse(res, ...events)
  await rig.callerSaw(JSON.stringify(events.at(-1)), 300)
  if (how === 'fin') res.socket?.end()
  else res.socket?.resetAndDestroy()
}
/** The nth request gets the nth script, the last one for ever. */
export const inTurn = (...scripts: Script[]): Script => (x) => scripts[Math.min(x.number, scripts.length) - 1]?.(x)

/** A proxy in this process between real sockets: a fake upstream with two lanes behind it, callers in front. It keeps no answers unless told: callers here ask the same all the time. */
export class Rig {
  readonly seen: Exchange[] = []
  readonly notes: unknown[] = []
  readonly #servers: (Server | TcpServer)[] = []
  readonly #seenText: string[] = []
  readonly #watchers = new Set<() => void>()
  /** Base URL of each fake upstream. */
  readonly lanes: Record<string, string> = { primary: 'http://127.0.0.1:9/v1', secondary: 'http://127.0.0.1:9/v1' }
  gateway!: Gateway
  port = 0

  static async start(scripts: Script | Record<string, Script>, options: { patch?: Partial<Seams> | undefined; timing?: Partial<Numbers>; redis?: string; cache?: boolean } = {}): Promise<Rig> {
    const rig = new Rig()
    const byLane = typeof scripts === 'function' ? { primary: scripts } : scripts
    for (const [lane, script] of Object.entries(byLane)) rig.lanes[lane] = `http://127.0.0.1:${await rig.#lane(lane, script)}/v1`
    const models = { 'gauntlet-chat': ['primary'], 'gauntlet-fallback': ['primary', 'secondary'], 'gauntlet-second': ['secondary'], 'gauntlet-embed': ['primary'], 'gauntlet-json': ['primary'] }
    const config = { port: 0, callerKey: CALLER_KEY, limitedKey: LIMITED_KEY, upstreamKey: UPSTREAM_KEY, upstreams: rig.lanes, models, jsonOnly: ['gauntlet-json'], redis: options.redis === undefined ? null : await rig.#redis(options.redis) }
    rig.gateway = new Gateway(parseConfig({ ...config, timing: { ...QUICK, ...options.timing } }), options.cache === true ? options.patch : { cacheKey: () => null, ...options.patch })
    rig.port = await rig.gateway.listen()
    return rig
  }

  /** The address of a Redis, or of one that is of no use. */
  async #redis(which: string): Promise<string> {
    if (which === 'absent') return 'redis://127.0.0.1:9'
    if (which !== 'silent') return which
    const server = createTcpServer((socket) => void socket.resume())
    this.#servers.push(server)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  async #lane(lane: string, script: Script): Promise<number> {
    const server = createServer((req, res) => {
      const parts: Buffer[] = []
      const { promise: closed, resolve } = Promise.withResolvers<void>()
      req.socket.once('close', () => resolve())
      req.on('data', (part: Buffer) => parts.push(part))
      req.on('end', () => {
        const body = Buffer.concat(parts).toString()
        const number = this.seen.filter((x) => x.lane === lane).length + 1
        const x: Exchange = { rig: this, lane, number, headers: req.headers, body, json: fields(body), res, at: performance.now(), closed }
        this.seen.push(x)
        this.#tell()
        void script(x)
      })
    })
    this.#servers.push(server)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return (server.address() as AddressInfo).port
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }

  /** Leaves a note of a script for the test. */
  note(note: unknown): void {
    this.notes.push(note)
    this.#tell()
  }

  /** Whether the condition came true in time. */
  async until(condition: () => boolean, ms: number): Promise<boolean> {
    if (condition()) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const watcher = (): void => {
      if (condition()) resolve(true)
    }
    const timer = setTimeout(() => resolve(false), ms)
    this.#watchers.add(watcher)
    const met = await promise
    clearTimeout(timer)
    this.#watchers.delete(watcher)
    return met
  }

  callerSaw(text: string, ms: number): Promise<boolean> {
    return this.until(() => this.#seenText.some((seen) => seen.includes(text)), ms)
  }

  /** Sends a request; `abort` is a caller who goes away. */
  send(path: string, body?: unknown, options: { headers?: Record<string, string>; signal?: AbortSignal; onHead?: (res: IncomingMessage) => void } = {}): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)
    const headers = { authorization: `Bearer ${CALLER_KEY}`, 'content-type': 'application/json', ...options.headers }
    const req = request({ host: '127.0.0.1', port: this.port, path, method: body === undefined ? 'GET' : 'POST', headers, agent: false, ...(options.signal === undefined ? {} : { signal: options.signal }) })
    req.on('error', reject)
    req.on('response', (res) => {
      options.onHead?.(res)
      const mine = this.#seenText.push('') - 1
      const parts: Buffer[] = []
      res.on('data', (part: Buffer) => {
        parts.push(part)
        this.#seenText[mine] = Buffer.concat(parts).toString()
        this.#tell()
      })
      res.on('error', () => {})
      res.on('close', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text: Buffer.concat(parts).toString(), complete: res.complete }))
    })
    req.end(text)
    return promise
  }

  chat(more: object = {}, options: Parameters<Rig['send']>[2] = {}): Promise<Reply> {
    return this.send('/v1/chat/completions', { model: 'gauntlet-chat', messages: [{ role: 'user', content: 'hi' }], ...more }, options)
  }

  stream(more: object = {}, options: Parameters<Rig['send']>[2] = {}): Promise<Reply> {
    return this.chat({ stream: true, ...more }, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.gateway.server, ...this.#servers]) {
      if ('closeAllConnections' in server) server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

export const fields = (text: string): Record<string, unknown> => {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
/** The data of each event. */
export const dataOf = (text: string): string[] => text.split('\n\n').filter((part) => part !== '').map((part) => part.replace(/^data: /, ''))
type Loose = { choices?: { delta?: { content?: string }; message?: { content?: string } }[]; error?: { code?: string; message?: string } }
export const contentOf = (text: string): string => dataOf(text).map((data) => (fields(data) as Loose).choices?.[0]?.delta?.content ?? '').join('')
export const codeOf = (text: string): string | undefined => (fields(text) as Loose).error?.code
/** How a stream ended: its last event in a word, and whether its framing was whole. */
export const endOf = ({ text, complete }: Reply): string => {
  const datas = dataOf(text)
  const last = datas.at(-1) ?? ''
  const how = last === '[DONE]' ? `done${datas.filter((data) => data === '[DONE]').length}` : (fields(last) as Loose).error === undefined ? 'nothing' : 'error'
  return `${how}, ${complete ? 'clean' : 'cut'}`
}

/** What came in time, or `hangs`. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T | 'hangs'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'hangs'>((resolve) => {
    timer = setTimeout(resolve, ms, 'hangs')
  })
  const first = await Promise.race([promise, late])
  clearTimeout(timer)
  return first
}
