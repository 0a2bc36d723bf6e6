import { Agent } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { callerKey, open, read, startGateway, testConfig } from '../test-support.ts'
import type { Overrides } from '../test-support.ts'
import { startRedis } from '../stores/test-redis.ts'

export const otherKey = 'caller-key-canary-2'

/** An answer to an embeddings request, with numbers that a parser would not give back. */
export const vectors = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0,0.10000000000000000001]}],"model":"tiny","usage":{"prompt_tokens":1,"total_tokens":1}}'

export interface JobReply {
  readonly id: string
  readonly object: 'job'
  readonly status: string
  readonly created: number
  readonly attempts: number
  readonly result?: Readonly<Record<string, unknown>>
  readonly error?: { readonly message: string; readonly type: string; readonly param: string | null; readonly code: string | null }
}

/** A config for tests with jobs, for one upstream and one Redis; `caller` and `other` are two tenants. */
export function jobsConfig(upstream: string, redis: string, jobs: Exclude<Overrides['jobs'], false | undefined> = {}, overrides: Overrides = {}): ReturnType<typeof testConfig> {
  return testConfig([upstream], { keys: [{ id: 'caller', key: callerKey }, { id: 'other', key: otherKey }], redis: { url: redis, commandMs: 500 }, jobs, ...overrides })
}

/** A front that takes jobs and works none, and a worker, at one Redis of their own. */
export async function startPair(upstream: string, overrides: Overrides = {}, jobs: Exclude<Overrides['jobs'], false | undefined> = {}) {
  const redis = await startRedis()
  const front = await startGateway(jobsConfig(upstream, redis.url, { ...jobs, workers: 0 }, overrides))
  const worker = await startGateway(jobsConfig(upstream, redis.url, { workers: 2, ...jobs }, overrides))
  for (const { url } of [front, worker]) await ready(url)
  return {
    redis,
    front,
    worker,
    ...client(front.url),
    async [Symbol.asyncDispose]() {
      await front[Symbol.asyncDispose]()
      await worker[Symbol.asyncDispose]()
      await redis.stop()
    },
  }
}

/** Resolves when a replica has found its Redis. */
export async function ready(url: string): Promise<void> {
  while ((await read(await open(`${url}/health/ready`, undefined).response)).status !== 200);
}

/** What a caller does with jobs. */
export function client(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 })
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => read(await open(url + path, body, { agent, method, headers }).response)
  const get = async (id: string, headers?: Record<string, string>): Promise<JobReply> => JSON.parse((await send('GET', `/v1/jobs/${id}`, undefined, headers)).text) as JobReply
  return {
    send,
    /** Resolves with the id. */
    async submit(body: unknown, jobUrl = '/v1/chat/completions', headers: Record<string, string> = {}): Promise<string> {
      const reply = await send('POST', '/v1/jobs', { url: jobUrl, body }, headers)
      if (reply.status !== 202) throw new Error(`${reply.status} ${reply.text}`)
      return (JSON.parse(reply.text) as JobReply).id
    },
    get,
    /** The job once it has ended, learned from its events. */
    async ended(id: string): Promise<JobReply> {
      await read(await open(`${url}/v1/jobs/${id}/events`, undefined).response)
      return get(id)
    },
    events: (id: string, headers: Record<string, string> = {}) => new Events(open(`${url}/v1/jobs/${id}/events`, undefined, { headers }).response),
  }
}

export interface JobEvent {
  readonly event: string | undefined
  readonly id: string | undefined
  readonly data: string
}

/** The events of a job, one at a time as they come. */
export class Events {
  readonly #response: Promise<IncomingMessage>
  #text = ''
  #source: AsyncIterator<Buffer> | undefined
  comments = 0

  constructor(response: Promise<IncomingMessage>) {
    this.#response = response
  }

  /** The next event; undefined when there is none. */
  async next(): Promise<JobEvent | undefined> {
    const response = await this.#response
    this.#source ??= response[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    for (;;) {
      const end = this.#text.indexOf('\n\n')
      if (end !== -1) {
        const lines = this.#text.slice(0, end).split('\n')
        this.#text = this.#text.slice(end + 2)
        if (!lines.every((line) => line.startsWith(':'))) return { event: field(lines, 'event'), id: field(lines, 'id'), data: field(lines, 'data') ?? '' }
        this.comments++
        continue
      }
      const { value, done } = await this.#source.next()
      if (done === true) return undefined
      this.#text += String(value)
    }
  }

  /** Everything up to the first event for which this is true, that one included; without it, up to the end. */
  async until(last: (event: JobEvent) => boolean = () => false): Promise<JobEvent[]> {
    const all: JobEvent[] = []
    for (let event = await this.next(); event !== undefined; event = await this.next()) {
      all.push(event)
      if (last(event)) break
    }
    return all
  }

  async leave(): Promise<void> {
    ;(await this.#response).destroy()
  }
}

function field(lines: readonly string[], name: string): string | undefined {
  return lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
}

/** The text in the chunks among these events. */
export function said(events: readonly JobEvent[]): string {
  return events.filter(({ event, data }) => event === undefined && data !== '[DONE]').map(({ data }) => (JSON.parse(data) as { choices: { delta: { content?: string } }[] }).choices[0]?.delta.content ?? '').join('')
}
