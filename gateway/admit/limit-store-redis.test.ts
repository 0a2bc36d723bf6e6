import { once } from 'node:events'
import { expect, test } from 'vitest'
import { connectRedis, redisConfig } from '../stores/redis.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { leakyBucket } from './algorithms/leaky-bucket.ts'
import { slidingWindow } from './algorithms/sliding-window.ts'
import { tokenBucket } from './algorithms/token-bucket.ts'
import { RedisLimitStore } from './limit-store-redis.ts'

const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const log = { info() {}, warn() {} } as unknown as Parameters<typeof connectRedis>[1]

// Commands of one turn of the event loop go in one pipeline, and their replies are handed out by order.
test.skipIf(redisMissing !== undefined).each([tokenBucket(9, 1), slidingWindow(9, 1_000), leakyBucket(9, 0)])(`$name: its first use in the middle of a pipeline leaves every reply with the one who asked${why}`, async (algorithm) => {
  await using server = await startRedis()
  const redis = connectRedis(redisConfig.parse({ url: server.url, commandMs: 1_000 }), log)
  await using _ = { [Symbol.asyncDispose]: async () => redis.close() }
  await once(redis.client, 'ready')
  const store = new RedisLimitStore(redis)
  const echo = async (text: string): Promise<string> => redis.run(async (client) => client.echo(text))
  const asked = [echo('before'), store.take(algorithm, 'bucket'), echo('behind')]
  expect(await Promise.all(asked)).toEqual(['before', expect.objectContaining({ allowed: true, remaining: 8 }), 'behind'])
})
