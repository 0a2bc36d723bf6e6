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

/** A store on a Redis of its own. */
async function start() {
  const stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const redis = connectRedis(redisConfig.parse({ url: server.url, commandMs: 1_000 }), log)
  stack.defer(() => redis.close())
  await once(redis.client, 'ready')
  return { redis, store: new RedisLimitStore(redis), [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

// Commands of one turn of the event loop go in one pipeline, and their replies are handed out by order.
test.skipIf(redisMissing !== undefined).each([tokenBucket(9, 1), slidingWindow(9, 1_000), leakyBucket(9, 0)])(`$name: its first use in the middle of a pipeline leaves every reply with the one who asked${why}`, async (algorithm) => {
  await using t = await start()
  const { redis, store } = t
  const echo = async (text: string): Promise<string> => redis.run(async (client) => client.echo(text))
  const asked = [echo('before'), store.take(algorithm, 'bucket'), echo('behind')]
  expect(await Promise.all(asked)).toEqual(['before', expect.objectContaining({ allowed: true, remaining: 8 }), 'behind'])
})

test.skipIf(redisMissing !== undefined).each([tokenBucket(9, 1), slidingWindow(9, 1_000), leakyBucket(9, 0)])(`$name: of many in one turn the first are let in, each other bucket for itself, by one command for each bucket${why}`, async (algorithm) => {
  await using t = await start()
  const { redis, store } = t
  await store.take(algorithm, 'warm')
  await redis.client.config('RESETSTAT')
  const verdicts = await Promise.all(Array.from({ length: 50 }, async (_none, nth) => store.take(algorithm, nth % 2 === 0 ? 'even' : 'odd')))
  expect(verdicts.map(({ allowed }) => allowed)).toEqual(Array.from({ length: 50 }, (_none, nth) => nth < 18))
  expect(verdicts.slice(0, 18).map(({ remaining }) => remaining)).toEqual(Array.from({ length: 18 }, (_none, nth) => 8 - Math.floor(nth / 2)))
  const stats = await redis.client.info('commandstats')
  expect(stats).toMatch(/cmdstat_evalsha:calls=2,/)
  // Nor is what is counted in looked up once for each request.
  expect(stats).toMatch(/cmdstat_(get|llen):calls=2,/)
})
