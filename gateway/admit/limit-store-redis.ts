import type { Redis } from 'ioredis'
import type { RedisStore } from '../stores/redis.ts'
import type { Algorithm, LimitStore, Verdict } from './limit-store.ts'

/** The clock of Redis itself, in microseconds: replicas whose clocks differ would otherwise refill each other's buckets. */
const redisClock = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
`

type Script = (key: string, ...args: readonly number[]) => Promise<readonly [allowed: number, remaining: number, resetUs: number, retryUs: number, waitUs: number]>
type Scripts = Readonly<Record<`limit:${Algorithm<object>['name']}`, Script>>

/** Buckets that replicas share: one script, one round trip for each request. Throws StoreLost; what that means is not decided here. */
export class RedisLimitStore implements LimitStore {
  readonly #redis: RedisStore
  readonly #client: Redis & Scripts
  readonly #clock: string

  /** `clock` is Lua that sets the local `now`. */
  constructor(redis: RedisStore, clock = redisClock) {
    this.#redis = redis
    // `defineCommand` adds methods that the type of the client does not know.
    this.#client = redis.client as Redis & Scripts
    this.#clock = clock
  }

  async take(algorithm: Algorithm<object>, bucket: string): Promise<Verdict> {
    const script = `limit:${algorithm.name}` as const
    // Runs as EVALSHA; as EVAL once for each connection and after a SCRIPT FLUSH.
    if (!(script in this.#client)) this.#redis.client.defineCommand(script, { numberOfKeys: 1, lua: this.#clock + algorithm.lua })
    const key = `${this.#redis.config.prefix}${script}:${bucket}`
    const [allowed, remaining, resetUs, retryUs, waitUs] = await this.#redis.run(async () => this.#client[script](key, ...algorithm.args))
    return { allowed: allowed === 1, remaining, resetUs, retryUs, waitUs }
  }
}
