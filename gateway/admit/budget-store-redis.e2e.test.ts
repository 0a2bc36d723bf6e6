import type { ServerResponse } from 'node:http'
import { fastify } from 'fastify'
import { expect, onTestFinished, test, vi } from 'vitest'
import { connectRedis, redisConfig } from '../stores/redis.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerJson, chatBody, completion, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides, Reply } from '../test-support.ts'
import { RedisBudgetStore } from './budget-store-redis.ts'
import type { Account, Admission } from './budget-store.ts'

// All replicas share one event loop; the default of 75 ms would lose a healthy Redis on a busy machine.
const commandMs = 1_000
const some = { skip: redisMissing !== undefined, timeout: 20_000 }
const title = (text: string): string => (redisMissing === undefined ? text : `${text} (${redisMissing})`)
/** Two tokens, by the upstream's count. */
const ok: Handler = (response) => answerJson(response, completion('hi'))
const left = ({ headers }: Reply): unknown => headers['x-gauntlet-budget-remaining-tokens']

async function ready(...urls: readonly string[]): Promise<void> {
  for (const url of urls) await vi.waitFor(async () => expect((await read(await open(`${url}/health/ready`, undefined).response)).status).toBe(200), { timeout: 5_000 })
}

/** Two replicas on one Redis. */
async function start(budgets: Overrides['budgets'], { whenLost = 'local', handler = ok }: { whenLost?: 'open' | 'closed' | 'local'; handler?: Handler } = {}) {
  const stack = new AsyncDisposableStack()
  const redis = stack.use(await startRedis())
  const up = stack.use(await fakeUpstream(handler))
  const replica = async (): Promise<string> => stack.use(await startGateway(testConfig([up.baseURL], { retry: false, breaker: false, budgets, redis: { url: redis.url, commandMs, whenLost } }))).url
  const [a, b] = [await replica(), await replica()]
  await ready(a, b)
  return { redis, up, a, b, [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

test(title('two replicas spend one budget to the last token, and both refuse then'), some, async () => {
  await using t = await start({ perKey: { tokensPerDay: 10 }, global: { tokensPerDay: 100 } })
  const replies: Reply[] = []
  for (let nth = 0; nth < 5; nth++) replies.push(await post(nth % 2 === 0 ? t.a : t.b))
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect(replies.map(left)).toEqual(['10', '8', '6', '4', '2'])
  for (const url of [t.a, t.b]) {
    const refused = await post(url)
    expect(refused.status).toBe(429)
    expect(errorOf(refused.text).code).toBe('insufficient_quota')
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(86_400)
  }
  expect(t.up.seen).toHaveLength(5)
  const keys = (await t.redis.client.keys('*')).toSorted()
  const day = new Date().toISOString().slice(0, 10)
  expect(keys).toEqual([`gateway:budget:${day}:global`, `gateway:budget:${day}:key:caller`])
  for (const key of keys) {
    expect(await t.redis.client.hgetall(key)).toEqual({ tokens: '10', cost: '0' })
    const seconds = await t.redis.client.ttl(key)
    expect(seconds).toBeGreaterThan(172_000)
    expect(seconds).toBeLessThanOrEqual(172_800)
  }
})

test(title('40 at once on two replicas against a budget for one: one reaches the upstream'), some, async () => {
  const held: ServerResponse[] = []
  await using t = await start({ global: { tokensPerDay: 10 } }, { handler: (response) => held.push(response) })
  const statuses: number[] = []
  const asked = Array.from({ length: 40 }, async (_none, nth) => statuses.push((await post(nth % 2 === 0 ? t.a : t.b)).status))
  await vi.waitFor(() => expect(statuses).toEqual(Array.from({ length: 39 }, () => 429)), { timeout: 5_000 })
  await t.up.calls(1)
  for (const response of held) answerJson(response, completion('hi'))
  await Promise.all(asked)
  expect(statuses.at(-1)).toBe(200)
  expect(t.up.seen).toHaveLength(1)
})

test(title('Redis killed, local: a replica goes on from the last it knew, with what was in flight, and tells Redis when it is back and empty'), some, async () => {
  let holding = false
  const held: ServerResponse[] = []
  await using t = await start({ perKey: { tokensPerDay: 12 } }, { handler: (response, seen, nth) => (holding ? held.push(response) : ok(response, seen, nth)) })
  expect([left(await post(t.b)), left(await post(t.a))]).toEqual(['12', '10'])
  holding = true
  const late = post(t.a)
  await t.up.calls(3)
  holding = false
  await t.redis.stop()
  for (const response of held) answerJson(response, completion('hi'))
  expect(await late).toMatchObject({ status: 200 })
  expect([left(await post(t.a)), left(await post(t.a)), left(await post(t.a))]).toEqual(['6', '4', '2'])
  expect(await post(t.a)).toMatchObject({ status: 429 })
  // The other has heard of its own alone.
  expect(left(await post(t.b))).toBe('10')
  await using again = await startRedis(t.redis.port)
  await ready(t.a, t.b)
  expect(await again.client.keys('*')).toEqual([])
  expect(await post(t.a)).toMatchObject({ status: 429 })
  expect(await post(t.b)).toMatchObject({ status: 429 })
})

test(title('Redis killed, open: everything passes and nothing is said; what is known counts when it is back'), some, async () => {
  await using t = await start({ perKey: { tokensPerDay: 4 } }, { whenLost: 'open' })
  await post(t.a)
  await t.redis.stop()
  for (let nth = 0; nth < 4; nth++) {
    const reply = await post(t.a)
    expect([reply.status, left(reply)]).toEqual([200, undefined])
  }
  await using again = await startRedis(t.redis.port)
  await ready(t.a)
  expect(await post(t.a)).toMatchObject({ status: 429 })
  expect(await again.client.hget(`gateway:budget:${new Date().toISOString().slice(0, 10)}:key:caller`, 'tokens')).toBe('10')
})

test(title('Redis killed, closed: nothing passes, and no upstream is asked'), some, async () => {
  await using t = await start({ perKey: { tokensPerDay: 100 } }, { whenLost: 'closed' })
  expect(await post(t.a)).toMatchObject({ status: 200 })
  await t.redis.stop()
  const refused = await post(t.a)
  expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  expect(errorOf(refused.text).code).toBe('limits_unavailable')
  expect(t.up.seen).toHaveLength(1)
  await using again = await startRedis(t.redis.port)
  await ready(t.a)
  expect(await post(t.a)).toMatchObject({ status: 200 })
  // What it knew, and one more answer.
  expect(await again.client.hget(`gateway:budget:${new Date().toISOString().slice(0, 10)}:key:caller`, 'tokens')).toBe('4')
})

test(title('a caller that leaves while Redis is asked sets nothing aside for good'), some, async () => {
  await using t = await start({ perKey: { tokensPerDay: 10 } })
  t.redis.signal('SIGSTOP')
  const leaving = open(`${t.a}/v1/chat/completions`, chatBody)
  leaving.request.on('error', () => {})
  await new Promise((resolve) => leaving.request.once('finish', resolve))
  leaving.request.destroy()
  t.redis.signal('SIGCONT')
  await ready(t.a)
  await vi.waitFor(async () => expect(left(await post(t.b))).toBe('10'))
  expect(t.up.seen).toHaveLength(1)
})

const accounts: Account[] = [{ id: 'global', limit: { tokens: 100 } }]
const nothing = { tokens: 0, cost: 0 }

/** Stores as so many replicas on one Redis have them, whose requests last a minute at most. */
async function stores(count: number) {
  const stack = new AsyncDisposableStack()
  const redis = stack.use(await startRedis())
  const made: RedisBudgetStore[] = []
  for (let nth = 0; nth < count; nth++) {
    const connection = connectRedis(redisConfig.parse({ url: redis.url, commandMs }), fastify().log)
    stack.defer(() => connection.close())
    await vi.waitFor(() => expect(connection.client.status).toBe('ready'))
    made.push(new RedisBudgetStore(connection, 50_000))
  }
  return { redis, made, [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

const tokensLeft = async (store: RedisBudgetStore | undefined): Promise<number | undefined> => {
  const admission: Admission | undefined = await store?.hold(accounts, nothing)
  admission?.hold?.settle(nothing)
  return admission?.verdict?.tokensLeft
}

test(title('what a replica had set aside when it died comes back by itself'), some, async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-31T12:00:30.000Z') })
  onTestFinished(() => void vi.useRealTimers())
  await using t = await stores(2)
  const [dying, other] = t.made
  await dying?.hold(accounts, { tokens: 70, cost: 0 })
  expect(await tokensLeft(other)).toBe(30)
  vi.setSystemTime(Date.parse('2026-01-31T12:01:59.000Z'))
  expect(await tokensLeft(other)).toBe(30)
  vi.setSystemTime(Date.parse('2026-01-31T12:02:00.000Z'))
  expect(await tokensLeft(other)).toBe(100)
})

test(title('giving back what Redis has forgotten is no credit'), some, async () => {
  await using t = await stores(2)
  const [store, other] = t.made
  const admission = await store?.hold(accounts, { tokens: 70, cost: 0 })
  await t.redis.client.flushall()
  admission?.hold?.settle({ tokens: 10, cost: 0 })
  expect(await tokensLeft(store)).toBe(90)
  expect(await tokensLeft(other)).toBe(90)
})

test(title('one account without anything left sets nothing aside in the others'), some, async () => {
  await using t = await stores(1)
  const [store] = t.made
  const refused = await store?.hold([...accounts, { id: 'key:a', limit: { cost: 0 } }], { tokens: 70, cost: 5 })
  expect(refused).toMatchObject({ hold: undefined, verdict: { allowed: false, spent: true, tokensLeft: 100 } })
  expect(await tokensLeft(store)).toBe(100)
})

test(title('requests of one turn are let in one after the other by one script, which sets aside what they were told'), some, async () => {
  await using t = await stores(2)
  const [store, other] = t.made
  const asked: Account[] = [...accounts, { id: 'key:a', limit: { tokens: 1_000, cost: 8 } }]
  await store?.hold(asked, { tokens: 10, cost: 1 })
  await t.redis.client.config('RESETSTAT')
  const admissions = await Promise.all(Array.from({ length: 6 }, async (_none, nth) => store?.hold(asked, { tokens: 20 + nth, cost: 2 })))
  expect(await t.redis.client.info('commandstats')).toMatch(/cmdstat_evalsha:calls=1,/)
  // 10 + 20 + 21 + 22 + 23 tokens; the fifth finds nine units of money set aside where eight may be spent.
  expect(admissions.map((each) => [each?.verdict?.allowed, each?.verdict?.tokensLeft])).toEqual([[true, 90], [true, 70], [true, 49], [true, 27], [false, 4], [false, 4]])
  expect(await tokensLeft(other)).toBe(4)
  for (const each of admissions) each?.hold?.settle({ tokens: 1, cost: 1 })
  await vi.waitFor(async () => expect(await tokensLeft(other)).toBe(86))
  // What the first had set aside is still there.
  expect((await store?.hold(asked, nothing))?.verdict).toEqual({ allowed: true, spent: false, tokensLeft: 86 })
  const key = (await t.redis.client.keys('*:key:a'))[0] ?? ''
  const { tokens, cost, ...held } = await t.redis.client.hgetall(key)
  expect([tokens, cost, Object.values(held).toSorted()]).toEqual(['4', '4', ['1', '10']])
})
