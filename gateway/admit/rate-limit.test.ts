import { expect, test } from 'vitest'
import type { ConfigInput } from '../config.ts'
import { parseConfig } from '../config.ts'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, errorOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler } from '../test-support.ts'
import { rateLimitsConfig } from './rate-limit.ts'
import { limitHeaders } from './rate-limit-hook.ts'

const answer: Handler = (response, { body }) => {
  if (body.includes('"stream":true')) answerStream(response, sse(chunk({ content: 'hi' }, 'stop'), '[DONE]')).end()
  else answerJson(response, body.includes('"input"') ? '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"tiny","usage":{"prompt_tokens":1,"total_tokens":1}}' : completion('hi'))
}
const slow = (capacity: number) => ({ algorithm: 'token-bucket' as const, capacity, refillPerSecond: 0.001 })
const keys = [{ id: 'caller', key: callerKey }, { id: 'team-b', key: 'key-of-team-b' }, { id: 'constructor', key: 'key-of-constructor' }]
const as = (key: string) => ({ headers: { 'x-api-key': key } })
const limited = (rateLimits: ConfigInput['rateLimits'], more: Partial<ConfigInput> = {}) => async (url: string) => startGateway({ ...testConfig([url]), keys, rateLimits, ...more })

async function embed(url: string, key = callerKey) {
  return read(await open(`${url}/v1/embeddings`, { model: 'chat', input: 'hi' }, as(key)).response)
}

test.each([
  ['token bucket', slow(3)],
  ['sliding window', { algorithm: 'sliding-window' as const, limit: 3, windowMs: 600_000 }],
  ['leaky bucket', { algorithm: 'leaky-bucket' as const, perSecond: 3, blockMs: 600_000 }],
])('%s: the limit is let in, one more is a 429 that says when to come back, and nothing else reaches the upstream', async (_name, chat) => {
  await using up = await fakeUpstream(answer)
  await using gw = await limited({ routes: { chat } })(up.baseURL)
  for (const remaining of ['2', '1', '0']) {
    const reply = await post(gw.url)
    expect(reply).toMatchObject({ status: 200, headers: { 'x-ratelimit-limit': '3' } })
    // A leaky bucket leaks while its requests are held back.
    if (chat.algorithm !== 'leaky-bucket') expect(reply.headers['x-ratelimit-remaining']).toBe(remaining)
    expect(reply.headers['retry-after']).toBeUndefined()
  }
  const burst = await Promise.all(Array.from({ length: 10 }, async () => post(gw.url)))
  const refused = burst.filter(({ status }) => status === 429)
  expect(refused.length).toBeGreaterThanOrEqual(7)
  expect(up.seen).toHaveLength(13 - refused.length)
  for (const reply of refused) {
    expect(errorOf(reply.text)).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' })
    expect(reply.headers).toMatchObject({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '0' })
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(500)
    expect(Number(reply.headers['x-ratelimit-reset'])).toBeGreaterThanOrEqual(Number(reply.headers['retry-after']))
    expect(reply.headers['x-ratelimit-reset-requests']).toMatch(/^(\d+h)?\d+m[\d.]+s$/)
  }
})

test('streams, errors of the caller and errors of the upstream carry the headers too', async () => {
  await using up = await fakeUpstream((response, seen, nth) => (seen.body.includes('fail') ? answerJson(response, '{}', 500) : answer(response, seen, nth)))
  await using gw = await limited({ routes: { chat: slow(9) } }, { retry: false })(up.baseURL)
  const stream = await post(gw.url, { ...chatBody, stream: true })
  expect(contentOf(stream.text)).toBe('hi')
  const replies = [stream, await post(gw.url, '{'), await post(gw.url, { ...chatBody, model: 'none' }), await post(gw.url, { ...chatBody, messages: [{ role: 'user', content: 'fail' }] })]
  expect(replies.map(({ status, headers }) => [status, headers['x-ratelimit-remaining']])).toEqual([[200, '8'], [400, '7'], [404, '6'], [500, '5']])
})

test('a request without a key, to another route or for health counts nothing and says nothing of limits', async () => {
  await using up = await fakeUpstream(answer)
  await using gw = await limited({ routes: { chat: slow(2) } })(up.baseURL)
  const other = [await post(gw.url, chatBody, as('wrong-key')), await read(await open(`${gw.url}/v1/nothing`, {}).response), await read(await open(`${gw.url}/health/live`, undefined).response), await read(await open(`${gw.url}/v1/models`, undefined).response)]
  expect(other.map(({ status }) => status)).toEqual([401, 404, 200, 200])
  for (const { headers } of other) expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([])
  expect((await post(gw.url)).headers['x-ratelimit-remaining']).toBe('1')
})

test('each key and each route has a limit of its own; a key may have another rule, or none', async () => {
  await using up = await fakeUpstream(answer)
  await using gw = await limited({ routes: { chat: slow(2), embeddings: slow(4), models: slow(1) }, keys: { 'team-b': { chat: slow(5), models: false } } })(up.baseURL)
  const admitted = async (ask: () => Promise<{ status: number }>): Promise<number> => {
    const replies = await Promise.all(Array.from({ length: 8 }, ask))
    return replies.filter(({ status }) => status === 200).length
  }
  const models = (key: string) => async () => read(await open(`${gw.url}/v1/models`, undefined, as(key)).response)
  expect(await admitted(async () => post(gw.url))).toBe(2)
  expect(await admitted(async () => embed(gw.url))).toBe(4)
  expect(await admitted(models(callerKey))).toBe(1)
  expect(await admitted(async () => read(await open(`${gw.url}/v1/models/chat`, undefined).response)), 'one model counts with the list').toBe(0)
  expect(await admitted(async () => post(gw.url, chatBody, as('key-of-team-b')))).toBe(5)
  expect(await admitted(async () => embed(gw.url, 'key-of-team-b')), 'what is not named is the rule of all').toBe(4)
  expect(await admitted(models('key-of-team-b'))).toBe(8)
  expect(await admitted(async () => post(gw.url, chatBody, as('key-of-constructor'))), 'an id that every object has').toBe(2)
})

test('without more words, chat takes 60 a minute and embeddings 120', async () => {
  await using up = await fakeUpstream(answer)
  await using gw = await limited({})(up.baseURL)
  expect((await post(gw.url)).headers).toMatchObject({ 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '59', 'x-ratelimit-reset': '1', 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '59', 'x-ratelimit-reset-requests': '1s' })
  expect((await embed(gw.url)).headers).toMatchObject({ 'x-ratelimit-limit': '120', 'x-ratelimit-remaining': '119', 'x-ratelimit-reset': '1', 'x-ratelimit-reset-requests': '500ms' })
})

test('who comes back after Retry-After is let in', async () => {
  await using up = await fakeUpstream(answer)
  const rules = {
    caller: { chat: { algorithm: 'token-bucket' as const, capacity: 2, refillPerSecond: 0.8 } },
    'team-b': { chat: { algorithm: 'sliding-window' as const, limit: 2, windowMs: 1_300 } },
    constructor: { chat: { algorithm: 'leaky-bucket' as const, perSecond: 2, blockMs: 1_300 } },
  }
  await using gw = await limited({ keys: rules })(up.baseURL)
  await Promise.all(keys.map(async ({ id, key }) => {
    const refused = (await Promise.all(Array.from({ length: 6 }, async () => post(gw.url, chatBody, as(key))))).filter(({ status }) => status === 429)
    expect(new Set(refused.map(({ headers }) => headers['retry-after'])), id).toEqual(new Set(['2']))
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    expect((await post(gw.url, chatBody, as(key))).status, id).toBe(200)
  }))
})

test('refused before the body is read', async () => {
  await using up = await fakeUpstream(answer)
  await using gw = await limited({ routes: { chat: slow(1) } })(up.baseURL)
  expect((await post(gw.url)).status).toBe(200)
  const { request, response } = open(`${gw.url}/v1/chat/completions`, '', { headers: { 'content-length': '1000000' } })
  request.on('error', () => {})
  expect((await response).statusCode).toBe(429)
  request.destroy()
})

test('a leaky bucket lets a burst through evenly', async () => {
  const times: number[] = []
  await using up = await fakeUpstream((response, seen, nth) => {
    times.push(performance.now())
    answer(response, seen, nth)
  })
  await using gw = await limited({ routes: { chat: { algorithm: 'leaky-bucket', perSecond: 10 } } })(up.baseURL)
  const started = performance.now()
  await post(gw.url)
  const replies = await Promise.all(Array.from({ length: 5 }, async () => post(gw.url)))
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200])
  expect(times).toHaveLength(6)
  expect((times[5] ?? 0) - started, 'five turns of 100 ms behind the first').toBeGreaterThan(495)
})

test('switched off: as many as come, and no headers', async () => {
  await using up = await fakeUpstream(answer)
  await using gw = await limited(false)(up.baseURL)
  const replies = await Promise.all(Array.from({ length: 100 }, async () => post(gw.url)))
  for (const { status, headers } of replies) expect([status, headers['x-ratelimit-limit']]).toEqual([200, undefined])
})

test.each([
  [0, '0', '0s'],
  [0.4, '1', '1ms'],
  [17, '1', '17ms'],
  [1_000, '1', '1s'],
  [1_500.2, '2', '1.501s'],
  [360_000, '360', '6m0s'],
  [3_723_500, '3724', '1h2m3.5s'],
  [86_400_000, '86400', '24h0m0s'],
])('a reset in %d ms reads %s and %s', (resetMs, seconds, duration) => {
  expect(limitHeaders({ limit: 1, remaining: 0, resetMs, retryMs: 0, allowed: true })).toMatchObject({ 'x-ratelimit-reset': seconds, 'x-ratelimit-reset-requests': duration })
})

test('without numbers: 60 chats at once and one a second, twice that for embeddings, and a leaky bucket of 20 a second that blocks for 2 s', () => {
  const rulesOf = (routes: object) => rateLimitsConfig.parse({ routes }).routes
  expect(rulesOf({})).toEqual({ chat: { algorithm: 'token-bucket', capacity: 60, refillPerSecond: 1 }, embeddings: { algorithm: 'token-bucket', capacity: 120, refillPerSecond: 2 }, models: false, jobs: false })
  expect(rulesOf({ chat: { algorithm: 'leaky-bucket' } }).chat).toEqual({ algorithm: 'leaky-bucket', perSecond: 20, blockMs: 2_000 })
})

test('a rule that no algorithm can keep is refused with its path', () => {
  const parse = (rateLimits: unknown): unknown => parseConfig({ ...testConfig(['http://127.0.0.1:1/v1']), rateLimits })
  expect(() => parse({ routes: { chat: { ...slow(3), capacity: 0 } } })).toThrow('rateLimits.routes.chat.capacity')
  expect(() => parse({ routes: { chat: { algorithm: 'token-bucket', capacity: 1, refillPerSecond: 1e-9 } } })).toThrow('rateLimits.routes.chat.refillPerSecond')
  expect(() => parse({ keys: { a: { chat: { algorithm: 'fixed-window' } } } })).toThrow('rateLimits.keys.a.chat')
})
