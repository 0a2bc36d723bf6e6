import { fastify } from 'fastify'
import { expect, test } from 'vitest'
import { connectRedis } from '../stores/redis.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerJson, answerStream, chatBody, chunk, completion, dataOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'
import { RequestKey } from './cache-key.ts'
import { createRedisStore } from './answer-store-redis.ts'

const reason = redisMissing === undefined ? '' : ` (${redisMissing})`
const streaming = { ...chatBody, stream: true }
const words = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'a\n\nb 世界' }), chunk({}, 'stop')]
const answer: Handler = (response, { body }, nth) => {
  if (body.includes('"stream":true')) answerStream(response, sse(...words, '[DONE]')).end()
  else answerJson(response, completion(`answer ${nth}`))
}
/** What one slow command may cost a request; generous beyond that, for a busy machine. */
const commandMs = 75
const slackMs = 1_000

type Gateway = Awaited<ReturnType<typeof startGateway>>

/** A replica that has found its Redis. */
async function replica(upstream: string, url: string, overrides: Overrides = {}): Promise<Gateway> {
  const gw = await startGateway(testConfig([upstream], { retry: false, cache: { maxAnswerBytes: 5_000 }, redis: { url, commandMs, retryMs: 100 }, ...overrides }))
  while ((await read(await open(`${gw.url}/health/ready`, undefined).response)).status !== 200);
  return gw
}

const ask = async ({ url }: Gateway, body: unknown = chatBody) => {
  const started = performance.now()
  const { status, headers, text } = await post(url, body)
  return { status, cache: headers['x-cache'], text, ms: performance.now() - started }
}

test.skipIf(redisMissing !== undefined)(`replicas share answers, which go by themselves and hold no prompt${reason}`, async () => {
  await using up = await fakeUpstream(answer)
  await using redis = await startRedis()
  await using one = await replica(up.baseURL, redis.url)
  await using two = await replica(up.baseURL, redis.url)
  expect(await ask(one)).toMatchObject({ cache: 'MISS' })
  expect(await ask(one, streaming)).toMatchObject({ cache: 'MISS' })
  while ((await redis.client.dbsize()) < 2);
  const json = await ask(two)
  expect(json).toMatchObject({ cache: 'HIT' })
  expect(JSON.parse(json.text)).toMatchObject({ choices: [{ message: { content: 'answer 1' } }], cached: true })
  const stream = await ask(two, streaming)
  expect(stream).toMatchObject({ cache: 'HIT' })
  expect(dataOf(stream.text)).toEqual([...words, '[DONE]'])
  expect(up.seen).toHaveLength(2)
  for (const key of await redis.client.keys('*')) {
    expect(key).toMatch(/^gateway:answer:[0-9a-f]{8}:[0-9a-f]{64}$/)
    expect(await redis.client.ttl(key)).toBeGreaterThan(3_500)
    expect(await redis.client.get(key)).not.toContain('hello')
  }
})

test.skipIf(redisMissing !== undefined)(`replicas that ask another model under the same name do not share${reason}`, async () => {
  await using up = await fakeUpstream(answer)
  await using redis = await startRedis()
  await using one = await replica(up.baseURL, redis.url)
  await using two = await replica(up.baseURL, redis.url, { models: { chat: { chain: [{ upstream: 'up1', model: 'another' }] } } })
  await ask(one)
  while ((await redis.client.dbsize()) < 1);
  expect(await ask(two)).toMatchObject({ cache: 'MISS' })
})

test.skipIf(redisMissing !== undefined)(`what is too large, or not an answer, is as good as nothing${reason}`, async () => {
  await using up = await fakeUpstream((response, _seen, nth) => answerJson(response, completion(nth === 1 ? 'x'.repeat(6_000) : 'small')))
  await using redis = await startRedis()
  await using gw = await replica(up.baseURL, redis.url)
  await ask(gw)
  expect(await ask(gw)).toMatchObject({ cache: 'MISS' })
  while ((await redis.client.dbsize()) < 1);
  const [key = ''] = await redis.client.keys('*')
  expect(await ask(gw)).toMatchObject({ cache: 'HIT' })
  for (const garbage of ['', 'garbage', 'json \n{}', 'stream 1']) {
    await redis.client.set(key, garbage)
    expect(await ask(gw)).toMatchObject({ status: 200, cache: 'MISS' })
  }
  await redis.client.del(key)
  await redis.client.lpush(key, 'a list')
  expect(await ask(gw)).toMatchObject({ status: 200, cache: 'MISS' })
})

test.skipIf(redisMissing !== undefined)(`a Redis that falls silent costs one wait and is a miss; one that comes back has what it had${reason}`, async () => {
  await using up = await fakeUpstream(answer)
  await using redis = await startRedis()
  await using gw = await replica(up.baseURL, redis.url)
  await ask(gw)
  while ((await redis.client.dbsize()) < 1);
  expect(await ask(gw)).toMatchObject({ cache: 'HIT' })
  redis.signal('SIGSTOP')
  for (let nth = 0; nth < 5; nth++) {
    const missed = await ask(gw)
    expect(missed).toMatchObject({ status: 200, cache: 'MISS' })
    expect(missed.ms).toBeLessThan(commandMs + slackMs)
  }
  redis.signal('SIGCONT')
  while ((await ask(gw)).cache !== 'HIT');
})

test.skipIf(redisMissing !== undefined)(`a Redis that is killed is a miss${reason}`, async () => {
  await using up = await fakeUpstream(answer)
  await using redis = await startRedis()
  await using gw = await replica(up.baseURL, redis.url)
  await ask(gw)
  while ((await redis.client.dbsize()) < 1);
  await redis.stop()
  for (let nth = 2; nth <= 4; nth++) {
    const missed = await ask(gw)
    expect(missed).toMatchObject({ status: 200, cache: 'MISS', text: completion(`answer ${nth}`) })
    expect(missed.ms).toBeLessThan(commandMs + slackMs)
  }
})

test.skipIf(redisMissing !== undefined)(`keeping costs the request no time, not even with a Redis that has just fallen silent${reason}`, async () => {
  await using redis = await startRedis()
  await using up = await fakeUpstream((response, seen, nth) => {
    if (nth === 1) redis.signal('SIGSTOP')
    answer(response, seen, nth)
  })
  const waitMs = 1_000
  await using gw = await replica(up.baseURL, redis.url, { redis: { url: redis.url, commandMs: waitMs } })
  const missed = await ask(gw)
  expect(missed).toMatchObject({ status: 200, cache: 'MISS' })
  expect(missed.ms).toBeLessThan(waitMs)
})

test.skipIf(redisMissing !== undefined)(`what requests of one turn look for is one command, what they keep one more, and each gets its own${reason}`, async () => {
  await using redis = await startRedis()
  const store = connectRedis({ url: redis.url, required: true, commandMs: 1_000, retryMs: 500, whenLost: 'local', prefix: 'p:' }, fastify().log)
  try {
    while (!(await store.ping()));
    const answers = createRedisStore(store, 60, 'salt')
    answers.put(new RequestKey('known before'), { kind: 'json', at: 0, text: 'known before', bytes: 12 })
    while ((await redis.client.dbsize()) < 1);
    await redis.client.config('RESETSTAT')
    const names = ['a', 'b', 'c']
    for (const [at, text] of names.entries()) answers.put(new RequestKey(text), { kind: 'stream', at, text, bytes: 1 })
    // Behind what they keep: a turn is sent in the order of asking.
    const found = await Promise.all([...names, 'nowhere', 'known before'].map(async (name) => answers.get(new RequestKey(name))))
    expect(found.map((each) => each?.text)).toEqual(['a', 'b', 'c', undefined, 'known before'])
    expect(found[2]).toEqual({ kind: 'stream', at: 2, text: 'c', bytes: 1 })
    const [key = ''] = await redis.client.keys('p:answer:*')
    expect(await redis.client.ttl(key)).toBeGreaterThan(50)
    const stats = await redis.client.info('commandstats')
    expect(stats).toMatch(/cmdstat_evalsha:calls=1,/)
    expect(stats).toMatch(/cmdstat_mget:calls=1,/)
    expect(stats).not.toMatch(/cmdstat_get:/)
  } finally {
    store.close()
  }
})

test.skipIf(redisMissing !== undefined)(`no more is on its way to Redis than there is room for${reason}`, async () => {
  await using redis = await startRedis()
  const log = fastify().log
  const store = connectRedis({ url: redis.url, required: true, commandMs: 1_000, retryMs: 500, whenLost: 'local', prefix: 'p:' }, log)
  try {
    while (!(await store.ping()));
    const answers = createRedisStore(store, 60, 'salt')
    for (let nth = 0; nth < 40; nth++) answers.put(new RequestKey(`k${nth}`), { kind: 'json', at: 0, text: ' '.repeat(1_048_576), bytes: 1_048_576 })
    while ((await redis.client.dbsize()) < 3);
    // They went out in one turn of the event loop, this one behind them.
    expect(await store.ping()).toBe(true)
    expect(await redis.client.dbsize()).toBeLessThanOrEqual(4)
    expect(await answers.get(new RequestKey('k0'))).toMatchObject({ kind: 'json', at: 0 })
    expect(await answers.get(new RequestKey('k39'))).toBeUndefined()
  } finally {
    store.close()
  }
})

test.skipIf(redisMissing !== undefined)(`an answer that was looked for while the budget was asked is not given, nor spoken of, when the budget is spent${reason}`, async () => {
  await using up = await fakeUpstream(answer)
  await using redis = await startRedis()
  await using gw = await replica(up.baseURL, redis.url, { budgets: { perKey: { tokensPerDay: 1 } } })
  expect(await ask(gw)).toMatchObject({ status: 200, cache: 'MISS' })
  while ((await redis.client.keys('gateway:answer:*')).length === 0);
  const { status, headers } = await post(gw.url, chatBody)
  expect([status, headers['x-cache'], headers['age']]).toEqual([429, undefined, undefined])
})
