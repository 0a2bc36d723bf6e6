import type { Redis } from 'ioredis'
import type { RedisStore } from '../stores/redis.ts'
import { Together } from '../stores/together.ts'
import { leakyBucket } from './algorithms/leaky-bucket.ts'
import { slidingWindow } from './algorithms/sliding-window.ts'
import { tokenBucket } from './algorithms/token-bucket.ts'
import type { Algorithm, LimitStore, Verdict } from './limit-store.ts'

/** The clock of Redis itself, in microseconds: replicas whose clocks differ would otherwise refill each other's buckets. */
const redisClock = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
`

/** What a clock and an algorithm are in a script: as many requests in turn as its last argument says, at one moment. */
const script = (clock: string, lua: string): string => `
${clock}
local function take()
${lua}
end
local verdicts = {}
for nth = 1, tonumber(ARGV[#ARGV]) do verdicts[nth] = take() end
return verdicts
`

type Script = (key: string, ...args: readonly number[]) => Promise<readonly (readonly [allowed: number, remaining: number, resetUs: number, retryUs: number, waitUs: number])[]>
type Scripts = Readonly<Record<`limit:${Algorithm<object>['name']}`, Script>>

/** A bucket, and by what rule. */
interface Place {
  readonly algorithm: Algorithm<object>
  readonly bucket: string
}

/** Buckets that replicas share: one script and one round trip for each request, or for those of one turn of the event loop together. Throws StoreLost; what that means is not decided here. */
export class RedisLimitStore implements LimitStore {
  readonly #redis: RedisStore
  readonly #client: Redis & Scripts
  readonly #taking: Together<Place, undefined, Verdict>

  /** `clock` is Lua that sets the local `now`. */
  constructor(redis: RedisStore, clock = redisClock) {
    this.#redis = redis
    // All at once, not each at its first use: a pipeline that was begun before does not know a command that is defined later, and hands
    // the replies behind it to the wrong requests.
    for (const { name, lua } of [tokenBucket(1, 1), slidingWindow(1, 1), leakyBucket(1, 1)]) redis.client.defineCommand(`limit:${name}`, { numberOfKeys: 1, lua: script(clock, lua) })
    // `defineCommand` adds methods that the type of the client does not know.
    this.#client = redis.client as Redis & Scripts
    this.#taking = new Together(redis, (one, other) => one.algorithm === other.algorithm && one.bucket === other.bucket, async (place, items) => this.#take(place, items.length))
  }

  take(algorithm: Algorithm<object>, bucket: string): Promise<Verdict> {
    return this.#taking.ask({ algorithm, bucket }, undefined)
  }

  async #take({ algorithm, bucket }: Place, times: number): Promise<readonly Verdict[]> {
    const name = `limit:${algorithm.name}` as const
    const key = `${this.#redis.config.prefix}${name}:${bucket}`
    // Runs as EVALSHA; as EVAL once for each connection and after a SCRIPT FLUSH.
    const verdicts = await this.#redis.run(async () => this.#client[name](key, ...algorithm.args, times))
    return verdicts.map(([allowed, remaining, resetUs, retryUs, waitUs]) => ({ allowed: allowed === 1, remaining, resetUs, retryUs, waitUs }))
  }
}
