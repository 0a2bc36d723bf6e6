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

/** What a clock and an algorithm are in a script: as many requests as its last argument says, one after the other at one moment. */
const script = (clock: string, { open, step, close }: Algorithm<object>['lua']): string => `
${clock}
local answers = {}
local function answer(allowed, remaining, reset, retry, wait)
  local n = #answers
  answers[n + 1], answers[n + 2], answers[n + 3], answers[n + 4], answers[n + 5] = allowed, remaining, reset, retry, wait
end
${open}
for _ = 1, tonumber(ARGV[#ARGV]) do
${step}
end
${close}
return answers
`

/** Returns five numbers for each request, as {@link Verdict} lists them. */
type Script = (key: string, ...args: readonly number[]) => Promise<readonly number[]>
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
    const told = await this.#redis.run(async () => this.#client[name](key, ...algorithm.args, times))
    return Array.from({ length: times }, (_none, nth) => {
      const [allowed, remaining = 0, resetUs = 0, retryUs = 0, waitUs = 0] = told.slice(5 * nth, 5 * nth + 5)
      return { allowed: allowed === 1, remaining, resetUs, retryUs, waitUs }
    })
  }
}
