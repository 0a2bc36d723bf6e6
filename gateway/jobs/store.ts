import type { Redis } from 'ioredis'
import { GatewayError } from '../errors.ts'
import { StoreLost } from '../stores/redis.ts'
import type { RedisStore } from '../stores/redis.ts'
import { formatRetryAfter } from '../call/retry-after.ts'
import { fingerprintOf } from './job.ts'
import type { Job, JobStatus, JobUrl, Ticket } from './job.ts'

// A job that waits is in the queue alone. From its beginning on there are two keys beside it: a hash, `job:ID`, which is what callers are
// shown, and a stream, `job:ID:events`, of what has come so far. Both go by themselves. `run` names the one worker that may write;
// a worker that was taken for dead and was not finds another's name there, and that nothing it does has an effect.

/** ARGV: run, seconds to keep, then fields of the job. Returns which attempt this is; 0 when the job has ended. */
const beginScript = `
local status, run = unpack(redis.call('HMGET', KEYS[1], 'status', 'run'))
if status == 'done' or status == 'failed' then return 0 end
if run ~= ARGV[1] then
  local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', 1)
  redis.call('HSET', KEYS[1], 'status', 'running', 'run', ARGV[1], 'batch', 0, unpack(ARGV, 3))
  -- Trimmed and not deleted: ids must go on rising for those who have read some.
  redis.call('XTRIM', KEYS[2], 'MAXLEN', 0)
  redis.call('XADD', KEYS[2], '*', 'status', 'running', 'attempts', attempts)
  redis.call('PUBLISH', KEYS[1], '')
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return tonumber(redis.call('HGET', KEYS[1], 'attempts'))`

/** ARGV: run, number of the batch, its text. Returns 0 when the run is not, or no longer, the one. A batch that comes again, because the connection broke behind it, is not written again. */
const appendScript = `
local status, run, batch = unpack(redis.call('HMGET', KEYS[1], 'status', 'run', 'batch'))
if status ~= 'running' or run ~= ARGV[1] then return 0 end
if tonumber(batch) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], 'batch', ARGV[2])
  redis.call('XADD', KEYS[2], '*', 'text', ARGV[3])
  redis.call('PUBLISH', KEYS[1], '')
end
return 1`

/** ARGV: run, status, outcome, headers, seconds to keep the job, seconds to keep its events. */
const endScript = `
local status, run = unpack(redis.call('HMGET', KEYS[1], 'status', 'run'))
if status ~= 'running' or run ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'status', ARGV[2], 'outcome', ARGV[3], 'headers', ARGV[4])
redis.call('XADD', KEYS[2], '*', 'status', 'ended')
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[6])
redis.call('PUBLISH', KEYS[1], '')
return 1`

/** ARGV: run. */
const giveBackScript = `
local status, run = unpack(redis.call('HMGET', KEYS[1], 'status', 'run'))
if status ~= 'running' or run ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'status', 'queued', 'run', '')
local attempts = redis.call('HINCRBY', KEYS[1], 'attempts', -1)
redis.call('XADD', KEYS[2], '*', 'status', 'queued', 'attempts', attempts)
redis.call('PUBLISH', KEYS[1], '')
return 1`

/** ARGV: outcome, seconds to keep the job, seconds to keep its events, id, channel of cancellations, then fields of the job. Returns 0 when the job has ended. */
const cancelScript = `
local status = redis.call('HGET', KEYS[1], 'status')
if status == 'done' or status == 'failed' then return 0 end
redis.call('HSET', KEYS[1], 'status', 'failed', 'outcome', ARGV[1], 'run', '', unpack(ARGV, 6))
redis.call('XADD', KEYS[2], '*', 'status', 'ended')
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', KEYS[1], '')
redis.call('PUBLISH', ARGV[5], ARGV[4])
return 1`

const scripts = { jobBegin: beginScript, jobAppend: appendScript, jobEnd: endScript, jobGiveBack: giveBackScript, jobCancel: cancelScript }
type Scripts = Record<keyof typeof scripts, (record: string, events: string, ...args: readonly (string | number)[]) => Promise<number>>

/** How long the chunks of a job that has ended can still be read; its result says the same in a fraction of the space. */
const eventsSeconds = 60

/** One thing that has come of a job; `at` rises from event to event. */
export type JobEvent =
  /** Events as they go on the wire. */
  | { readonly at: string; readonly text: string }
  | { readonly at: string; readonly status: 'queued' | 'running' | 'ended'; readonly attempts: number }

export interface JobStoreOptions {
  readonly redis: RedisStore
  readonly keepSeconds: number
  /** The longest that a worker can be at a job, its silence before it is taken for dead included. */
  readonly longestMs: number
}

/** What is known of jobs that have begun. Whatever a caller waits for fails fast when Redis is lost; what a worker writes waits until Redis is back. */
export class JobStore {
  readonly #redis: RedisStore
  readonly #keepSeconds: number
  readonly #longestSeconds: number

  constructor({ redis, keepSeconds, longestMs }: JobStoreOptions) {
    this.#redis = redis
    this.#keepSeconds = keepSeconds
    this.#longestSeconds = Math.ceil(longestMs / 1_000)
    define(redis.client)
  }

  /** Where the id of a job is told that was cancelled. */
  get cancellations(): string {
    return `${this.#redis.config.prefix}jobs:cancelled`
  }

  /** Where something is told whenever there is news of a job. */
  channelOf(id: string): string {
    return this.#record(id)
  }

  /** A job that has begun; undefined when it has not, or is forgotten. */
  async find(id: string): Promise<Job | undefined> {
    const { status, tenant, url, created, attempts, fingerprint, outcome, headers = '{}' } = await reachable(this.#redis, async (client) => client.hgetall(this.#record(id)))
    if (status === undefined) return undefined
    const job: Job = { id, status: status as JobStatus, tenant: tenant ?? '', url: url as JobUrl, created: Number(created), attempts: Number(attempts ?? 0), fingerprint: fingerprint ?? '' }
    return outcome === undefined ? job : { ...job, outcome, headers }
  }

  /** What has come after an event, oldest first, as much as one reply may hold. */
  async eventsAfter(id: string, at: string): Promise<readonly JobEvent[]> {
    const entries = await reachable(this.#redis, async (client) => client.xrange(this.#events(id), `(${at}`, '+', 'COUNT', 16))
    return entries.map(([entry, [name, value = '', , attempts]]) => (name === 'text' ? { at: entry, text: value } : { at: entry, status: value as JobStatus & 'queued', attempts: Number(attempts) }))
  }

  /** Ends a job that has not ended; false when it has. */
  async cancel({ id, ...job }: Job, error: GatewayError): Promise<boolean> {
    return (await reachable(this.#redis, async (client) => scriptsOf(client).jobCancel(this.#record(id), this.#events(id), errorText(error), this.#keepSeconds, this.#eventsSeconds, id, this.cancellations, ...fieldsOf(job)))) === 1
  }

  /** Forgets a job that has ended. */
  async forget(id: string): Promise<void> {
    await reachable(this.#redis, async (client) => client.del(this.#record(id), this.#events(id)))
  }

  /** What one worker writes of one job. `client`: a connection that waits for Redis. */
  run(client: Redis, id: string, token: string): JobRun {
    const keys = [this.#record(id), this.#events(id)] as const
    let batch = 0
    return {
      begin: async (ticket) => scriptsOf(client).jobBegin(...keys, token, this.#longestSeconds, ...fieldsOf({ tenant: ticket.caller.tenant, url: ticket.url, created: ticket.created, fingerprint: fingerprintOf(ticket) })),
      append: async (text) => (await scriptsOf(client).jobAppend(...keys, token, ++batch, text)) === 1,
      done: async (result, headers) => this.#end(client, keys, token, 'done', result, headers),
      failed: async (error, headers) => this.#end(client, keys, token, 'failed', errorText(error), { ...headers, ...error.headers }),
      giveBack: async () => {
        await scriptsOf(client).jobGiveBack(...keys, token)
      },
    }
  }

  async #end(client: Redis, keys: readonly [string, string], token: string, status: JobStatus, outcome: string, headers: HeaderValues): Promise<void> {
    await scriptsOf(client).jobEnd(...keys, token, status, outcome, JSON.stringify(headers), this.#keepSeconds, this.#eventsSeconds)
  }

  get #eventsSeconds(): number {
    return Math.min(eventsSeconds, this.#keepSeconds)
  }

  #record(id: string): string {
    return `${this.#redis.config.prefix}job:${id}`
  }

  #events(id: string): string {
    return `${this.#record(id)}:events`
  }
}

type HeaderValues = Readonly<Record<string, string>>

export interface JobRun {
  /** Which attempt this is; 0 when there is nothing left to do. */
  begin(ticket: Ticket): Promise<number>
  /** False when the job is no longer this worker's. */
  append(text: string): Promise<boolean>
  /** `result` is JSON; `headers` are those that the answer would have had. */
  done(result: string, headers: HeaderValues): Promise<void>
  failed(error: GatewayError, headers: HeaderValues): Promise<void>
  /** As if it had not been begun. */
  giveBack(): Promise<void>
}

/** Makes the commands known to a connection. */
export function define(client: Redis): void {
  // At once, not at first use: a pipeline that was begun before does not know a command that is defined later.
  for (const [name, lua] of Object.entries(scripts)) client.defineCommand(name, { lua, numberOfKeys: 2 })
}

function scriptsOf(client: Redis): Scripts {
  return client as unknown as Scripts
}

/** Runs commands; throws GW_ERR_JOBS_UNAVAILABLE when Redis is lost. */
export async function reachable<T>(redis: RedisStore, commands: (client: Redis) => Promise<T>): Promise<T> {
  try {
    return await redis.run(commands)
  } catch (error) {
    if (error instanceof StoreLost) throw jobsUnavailable(redis.config.retryMs, error)
    throw error
  }
}

/** The 503 with the time after which another try makes sense. */
export function jobsUnavailable(retryMs: number, cause?: unknown): GatewayError {
  return new GatewayError('GW_ERR_JOBS_UNAVAILABLE', { headers: { 'retry-after': formatRetryAfter(retryMs) }, cause })
}

function errorText(error: GatewayError): string {
  return JSON.stringify(error.envelope().error)
}

function fieldsOf({ tenant, url, created, fingerprint }: Pick<Job, 'tenant' | 'url' | 'created' | 'fingerprint'>): (string | number)[] {
  return ['tenant', tenant, 'url', url, 'created', created, 'fingerprint', fingerprint]
}
