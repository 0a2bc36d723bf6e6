import { createHash } from 'node:crypto'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { within } from '../../components/wait.ts'

/** How the bucket of the limited key is kept. */
export interface LimitRule {
  burst: number
  perSecond: number
  /** As many tokens have to be there for one request more. */
  least: number
  /** A refusal takes what has come back since the last one. */
  refusalEmpties: boolean
  /** Read and written in one step, whoever else asks at the same time. */
  atomic: boolean
  whenLost: 'local' | 'open'
}

/** What one request found. */
export interface LimitState {
  allowed: boolean
  limit: number
  remaining: number
  resetMs: number
  retryMs: number
}

interface Bucket {
  tokens: number
  at: number
}
type Left = Bucket & { allowed: boolean }

const CONNECT_MS = 1000
/** Between reading and writing where that is not one step: long enough for a burst to arrive. */
const RACE_MS = 50

const step = (rule: LimitRule, bucket: Bucket, now: number, cost: number): Left => {
  const tokens = Math.min(rule.burst, bucket.tokens + ((now - bucket.at) * rule.perSecond) / 1000)
  const allowed = tokens >= rule.least
  return { tokens: allowed ? tokens - cost : rule.refusalEmpties ? 0 : tokens, at: now, allowed }
}

/** The same in Redis, where nothing comes between reading and writing. */
const LUA = `
local burst, rate, least, empties, now, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]), tonumber(ARGV[6])
local tokens = burst
local held = redis.call('GET', KEYS[1])
if held then
  local had, since = string.match(held, '(%S+) (%S+)')
  tokens = math.min(burst, tonumber(had) + (now - tonumber(since)) * rate / 1000)
end
local allowed = tokens >= least
if allowed then tokens = tokens - cost elseif empties == 'true' then tokens = 0 end
redis.call('SET', KEYS[1], string.format('%.17g %.0f', tokens, now), 'EX', 60)
return {tostring(tokens), allowed and 1 or 0}
`

/** The token bucket of one key, in Redis when there is one and in this process otherwise or when Redis is lost. */
export class Limiter {
  readonly #rule: LimitRule
  readonly #name: string
  readonly #patience: () => number
  #own: Bucket
  #redis: Redis | undefined

  /** `patience` is how long a request waits for Redis, in milliseconds. */
  constructor(key: string, rule: LimitRule, patience: () => number) {
    this.#rule = rule
    this.#name = `limit:${createHash('sha256').update(key).digest('hex')}`
    this.#patience = patience
    this.#own = { tokens: rule.burst, at: Date.now() }
  }

  /** Resolves once Redis is there or is known not to be. */
  async connect(url: string): Promise<void> {
    const { Redis } = await import('ioredis')
    this.#redis = new Redis(url, { lazyConnect: true, protocol: 2, enableOfflineQueue: false, enableReadyCheck: false, disableClientInfo: true, maxRetriesPerRequest: 0, connectTimeout: CONNECT_MS, retryStrategy: () => 100 })
    this.#redis.on('error', () => {})
    await within(CONNECT_MS, this.#redis.connect().catch(() => {}))
  }

  /** Counts a request that costs a token, or none to only look. Null when nothing is counted at the moment. */
  async take(cost: 0 | 1): Promise<LimitState | null> {
    const { burst, perSecond, whenLost } = this.#rule
    const left = await (this.#redis === undefined ? this.#alone(cost) : this.#shared(this.#redis, cost).catch(() => (whenLost === 'open' ? null : this.#alone(cost))))
    if (left === null) return null
    const msFor = (tokens: number): number => Math.max(0, (tokens * 1000) / perSecond)
    return { allowed: left.allowed, limit: burst, remaining: Math.max(0, Math.floor(left.tokens)), resetMs: msFor(burst - left.tokens), retryMs: msFor(1 - left.tokens) }
  }

  close(): void {
    this.#redis?.disconnect()
  }

  async #alone(cost: number): Promise<Left> {
    const seen = this.#own
    if (!this.#rule.atomic) await sleep(RACE_MS)
    const left = step(this.#rule, seen, Date.now(), cost)
    this.#own = left
    return left
  }

  async #shared(redis: Redis, cost: number): Promise<Left> {
    const asked = this.#rule.atomic ? this.#atOnce(redis, cost) : this.#readThenWrite(redis, cost)
    // Timers run before replies are read: after a stall of this process the reply may have been here for long.
    const left = (await within(this.#patience(), asked)) ?? (await Promise.race([asked, nextTurn()]))
    if (left === undefined) throw new Error('Redis is late.')
    return left
  }

  async #atOnce(redis: Redis, cost: number): Promise<Left> {
    const { burst, perSecond, least, refusalEmpties } = this.#rule
    const at = Date.now()
    const [tokens, allowed] = (await redis.eval(LUA, 1, this.#name, burst, perSecond, least, String(refusalEmpties), at, cost)) as [string, number]
    return { tokens: Number(tokens), at, allowed: allowed === 1 }
  }

  async #readThenWrite(redis: Redis, cost: number): Promise<Left> {
    const [tokens = this.#rule.burst, at = Date.now()] = (await redis.get(this.#name))?.split(' ').map(Number) ?? []
    await sleep(RACE_MS)
    const left = step(this.#rule, { tokens, at }, Date.now(), cost)
    await redis.set(this.#name, `${left.tokens} ${left.at}`, 'EX', 60)
    return left
  }
}
