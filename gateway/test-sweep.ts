import { hash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import type { ConfigInput } from './config.ts'
import { open, read, testConfig } from './test-support.ts'
import type { Reply } from './test-support.ts'
import { keyOf, wayNames } from './test-ways.ts'

/** Everything that nobody must find: signs in them that most encodings change, and three letters of no other text. */
export const secrets = {
  caller: 'caller/canary+"7Qx4"==',
  limited: 'limited/canary+"2Vb9"==',
  poor: 'poor/canary+"5Jt1"==',
  admin: 'admin/canary+"8Lw6"==',
  wrong: 'wrong/canary+"3Zr0"==',
  password: 'redis/canary+"6Nd2"==',
  query: 'query/canary+"9Gs5"==',
  cookie: 'cookie/canary+"1Pf3"==',
  proxy: 'proxy/canary+"4Xm7"==',
  custom: 'custom/canary+"0Tc8"==',
  agent: 'agent/canary+"2Yd6"==',
} as const
/** What callers ask, and what they ask those who quote it. */
export const asked = { prompt: 'prompt canary: is it "blue/red" + 7, asked nobody', quoted: 'quoted canary: was it "red/blue" + 7, asked nobody' } as const
/** Names a request where everybody should find it. */
export const marker = 'harmless-marker-1'
/** What callers put into a path or a model's name, which an error may tell them again. */
export const typed = 'typed/canary+"7Hb5"=='
export const stderrMarker = 'harmless marker of stderr'

/** Everything on. The texts of upstreams and the address of the collector are the test's. */
export function sweepConfig({ origin, otlp, redis, errors }: { readonly origin: string; readonly otlp: string; readonly redis: string | undefined; readonly errors: ConfigInput['errors'] }): ConfigInput {
  const upstream = (name: string) => ({
    baseURL: name === 'refused' ? 'http://127.0.0.1:1/v1' : `${origin}/${name}/v1`,
    apiKey: name === 'good' ? { env: 'GOOD_KEY' } : keyOf(name),
    ...(name === 'claude' ? { engine: 'anthropic' as const } : {}),
  })
  const chain = (...names: string[]) => ({ chain: names.map((name) => ({ upstream: name, model: 'tiny' })) })
  return {
    ...testConfig([], {
      keys: (['caller', 'limited', 'poor'] as const).map((id) => ({ id, key: secrets[id] })),
      models: {
        ...Object.fromEntries(wayNames.map((name) => [name, chain(name)])),
        whole: { ...chain('good'), streaming: false }, second: { ...chain('bad500', 'plain503', 'good'), price: { inputPerMillion: 1, outputPerMillion: 1 } }, dear: { ...chain('page502'), cheaper: 'good' },
      },
      retry: { retries: 1, baseMs: 1, capMs: 5 }, breaker: { failures: 12, cooldownMs: 60_000 },
      timeouts: { connectMs: 1_000, firstByteMs: 1_000, idleMs: 1_000, totalMs: 3_000, requestMs: 2_000 },
      errors, admin: { sha256: hash('sha256', secrets.admin) }, input: {}, output: {}, limits: { bodyBytes: 65_536 },
      rateLimits: { routes: { chat: false, embeddings: false }, keys: { limited: { chat: { algorithm: 'token-bucket', capacity: 1, refillPerSecond: 0.001 } } } },
      budgets: { keys: { poor: { tokensPerDay: 100 } } },
      cache: { semantic: { model: 'good' } }, coalesce: true, queue: { concurrency: 6, waiting: 1, timeoutMs: 300 }, degrade: { queueMs: 100 },
      auto: { candidates: ['good', 'second'] }, docs: true, metrics: { perKey: true }, tracing: { endpoint: otlp }, log: { level: 'trace' }, drain: { deadlineMs: 500 },
      ...(redis === undefined ? {} : { jobs: {}, redis: { url: redis, whenLost: 'closed', commandMs: 500 } }),
    }),
    upstreams: Object.fromEntries(wayNames.map((name) => [name, upstream(name)])),
  }
}

interface How {
  readonly key?: string
  readonly headers?: Record<string, string>
  readonly method?: string
}

/** Sends requests with secrets wherever there is room for one, and keeps every answer. */
export class Asker {
  readonly replies: Reply[] = []
  /** Keys that were made on the way. */
  readonly told: string[] = []
  readonly url: string

  constructor(url: string) {
    this.url = url
  }

  /** A request whose answer is not waited for. */
  start(path: string, body?: unknown, { key = secrets.caller, headers = { authorization: `Bearer ${key}` }, method }: How = {}) {
    const everywhere = { cookie: `session=${secrets.cookie}`, 'proxy-authorization': `Basic ${secrets.proxy}`, 'x-custom-token': secrets.custom, 'openai-organization': secrets.custom, 'user-agent': secrets.agent }
    return open(`${this.url}${path}?api_key=${encodeURIComponent(secrets.query)}`, body, { ...(method === undefined ? {} : { method }), headers: { ...everywhere, ...headers } })
  }

  async keep(response: IncomingMessage): Promise<Reply> {
    const reply = await read(response)
    this.replies.push(reply)
    return reply
  }

  async ask(path: string, body?: unknown, how?: How): Promise<Reply> {
    return this.keep(await this.start(path, body, how).response)
  }

  /** The same for an answer that tells a key, which is kept without it. Throws unless the key stands there once. */
  async learn(path: string, body: unknown): Promise<string> {
    const { text: told, ...reply } = await read(await this.start(path, body, { key: secrets.admin }).response)
    const { key } = JSON.parse(told) as { key?: string }
    const pieces = key === undefined ? [] : told.split(key)
    if (key === undefined || pieces.length !== 2) throw new Error(`not one key: ${reply.status} ${told}`)
    this.told.push(key)
    this.replies.push({ ...reply, text: pieces.join('') })
    return key
  }

  async chat(model: string, more: object = {}, how?: How): Promise<Reply> {
    return this.ask('/v1/chat/completions', chatOf(model, more), how)
  }

  /** Asks again until the answer is like that. */
  async until(ask: () => Promise<Reply>, isIt: (reply: Reply) => boolean): Promise<void> {
    for (const started = performance.now(); ;) {
      const reply = await ask()
      if (isIt(reply)) return
      if (performance.now() - started > 10_000) throw new Error(`still ${JSON.stringify(reply)}`)
    }
  }

  /** A chat stream that has begun. */
  async begin(model: string, more: object = {}, how?: How): Promise<IncomingMessage> {
    const response = await this.start('/v1/chat/completions', chatOf(model, { stream: true, ...more }), how).response
    await once(response, 'readable')
    return response
  }

  /** Bytes that need not be HTTP. */
  async raw(bytes: string): Promise<void> {
    const socket = connect(Number(new URL(this.url).port), '127.0.0.1')
    socket.write(bytes)
    const answer = await text(socket)
    this.replies.push({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0), headers: {}, whole: true, text: answer })
  }
}

const modest = new Set(['good', 'whole', 'second', 'auto', 'paced', 'held', 'drip', 'silent'])

/** A chat request; who quotes what was asked is asked something else. */
export function chatOf(model: string, more: object = {}): object {
  return { model, messages: [{ role: 'user', content: modest.has(model) ? asked.prompt : asked.quoted }], ...more }
}
