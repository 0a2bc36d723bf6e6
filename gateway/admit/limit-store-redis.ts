import type { Redis } from 'ioredis'
import type { RedisStore } from '../stores/redis.ts'
import { leakyBucket } from './algorithms/leaky-bucket.ts'
import { slidingWindow } from './algorithms/sliding-window.ts'
import { tokenBucket } from './algorithms/token-bucket.ts'
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

  /** `clock` is Lua that sets the local `now`. */
  constructor(redis: RedisStore, clock = redisClock) {
    this.#redis = redis
    // All at once, not each at its first use: a pipeline that was begun before does not know a command that is defined later, and hands
    // the replies behind it to the wrong requests.
    for (const { name, lua } of [tokenBucket(1, 1), slidingWindow(1, 1), leakyBucket(1, 1)]) redis.client.defineCommand(`limit:${name}`, { numberOfKeys: 1, lua: clock + lua })
    // `defineCommand` adds methods that the type of the client does not know.
    this.#client = redis.client as Redis & Scripts
  }

  async take(algorithm: Algorithm<object>, bucket: string): Promise<Verdict> {
    const script = `limit:${algorithm.name}` as const
    const key = `${this.#redis.config.prefix}${script}:${bucket}`
    // Runs as EVALSHA; as EVAL once for each connection and after a SCRIPT FLUSH.
    const [allowed, remaining, resetUs, retryUs, waitUs] = await this.#redis.run(async () => this.#client[script](key, ...algorithm.args))
    return { allowed: allowed === 1, remaining, resetUs, retryUs, waitUs }
  }
}
