import { expect, test } from 'vitest'
import { keepLog } from '../observe/test-support.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, post, sse, startGateway } from '../test-support.ts'
import type { Handler } from '../test-support.ts'
import { client, jobsConfig, otherKey, ready, startPair } from './test-jobs.ts'

const it = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const usage = JSON.stringify({ id: 'c1', choices: [], usage: { prompt_tokens: 30, completion_tokens: 20, total_tokens: 50 } })
const hello: Handler = (response) => answerStream(response, sse(chunk({ role: 'assistant', content: 'hello' }), chunk({}, 'stop'), usage, '[DONE]')).end()

it(`a job is charged to the budget of its caller, and fails when that is spent; another caller's does not${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL, { budgets: { perKey: { tokensPerDay: 50 }, reserveTokens: 1 } })
  expect(await t.ended(await t.submit(chatBody))).toMatchObject({ status: 'done' })
  expect(await t.ended(await t.submit(chatBody))).toMatchObject({ status: 'failed', error: { type: 'insufficient_quota', code: 'insufficient_quota' } })
  expect(await post(t.front.url)).toMatchObject({ status: 429 })
  const theirs = await t.submit(chatBody, undefined, { 'x-api-key': otherKey })
  await expect.poll(async () => (await t.get(theirs, { 'x-api-key': otherKey })).status).toBe('done')
  expect(up.seen).toHaveLength(2)
})

it(`a job is no request against the limit of its route; submissions have a limit of their own${why}`, async () => {
  await using up = await fakeUpstream(hello)
  const once = { algorithm: 'sliding-window', limit: 1, windowMs: 60_000 } as const
  await using t = await startPair(up.baseURL, { rateLimits: { routes: { chat: once }, keys: { other: { jobs: once } } } })
  for (const id of [await t.submit(chatBody), await t.submit(chatBody)]) expect(await t.ended(id)).toMatchObject({ status: 'done' })
  const interactive = { ...chatBody, stream: true }
  expect((await post(t.front.url, interactive)).status).toBe(200)
  expect((await post(t.front.url, interactive)).status).toBe(429)
  await t.submit(chatBody, undefined, { 'x-api-key': otherKey })
  const reply = await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody }, { 'x-api-key': otherKey })
  expect([reply.status, errorOf(reply.text).code]).toEqual([429, 'rate_limit_exceeded'])
})

it(`a job waits for what a caller would be asked to wait for${why}`, async () => {
  const free = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response, seen, nth) => {
    if (nth === 1) void free.promise.then(() => answerJson(response, completion('interactive')))
    else hello(response, seen, nth)
  })
  // One slot and no line: while it is taken, a request is refused with a Retry-After.
  await using t = await startPair(up.baseURL, { queue: { concurrency: 1, waiting: 0, timeoutMs: 500 }, log: { level: 'silent' } })
  const interactive = post(t.worker.url)
  await up.calls(1)
  expect(await post(t.worker.url)).toMatchObject({ status: 503 })
  const id = await t.submit(chatBody)
  await expect.poll(async () => (await t.get(id)).status).toBe('running')
  free.resolve()
  expect(await interactive).toMatchObject({ status: 200 })
  expect(await t.ended(id)).toMatchObject({ status: 'done', attempts: 1 })
})

it(`the same job twice, in flight at the same time, is one upstream call${why}`, async () => {
  const go = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response, seen, nth) => void go.promise.then(() => hello(response, seen, nth)))
  await using t = await startPair(up.baseURL, { coalesce: true })
  const ids = [await t.submit(chatBody), await t.submit(chatBody)]
  await expect.poll(async () => Promise.all(ids.map(async (id) => (await t.get(id)).status))).toEqual(['running', 'running'])
  await up.calls(1)
  go.resolve()
  for (const id of ids) expect(await t.ended(id)).toMatchObject({ status: 'done', result: { choices: [{ message: { content: 'hello' } }] } })
  expect(up.seen).toHaveLength(1)
})

it(`an answer is checked, cached and counted like any other, and its line has no word of it${why}`, async () => {
  await using redis = await startRedis()
  await using up = await fakeUpstream((response) => answerStream(response, sse(chunk({ role: 'assistant', content: 'my number is 123-45-6789' }), chunk({}, 'stop'), usage, '[DONE]')).end())
  const log = keepLog()
  const overrides = { output: {}, cache: {}, metrics: {}, log: { level: 'debug' as const } }
  await using gw = await startGateway(jobsConfig(up.baseURL, redis.url, { workers: 1 }, overrides), log)
  await ready(gw.url)
  const t = client(gw.url)
  const body = { ...chatBody, messages: [{ role: 'user', content: 'prompt-canary' }] }
  const reply = await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body }, { 'x-request-id': 'my-id.9' })
  const { id } = JSON.parse(reply.text) as { id: string }
  const job = await t.ended(id)
  expect(job).toMatchObject({ status: 'done', result: { usage: { total_tokens: 50 } } })
  expect(JSON.stringify(job)).not.toContain('123-45-6789')
  await t.ended(await t.submit(body))
  expect(up.seen).toHaveLength(1)
  expect(await log.next('job')).toMatchObject({ method: 'JOB', path: '/v1/chat/completions', requestId: 'my-id.9', job: id, status: 200, caller: 'caller', model: 'chat', upstream: 'up1', attempts: 1, tokens: { prompt: 30, completion: 20, estimated: false } })
  expect(await log.next('job', 2)).toMatchObject({ cache: 'hit' })
  for (const word of ['prompt-canary', 'my number is']) expect(log.text).not.toContain(word)
  const metrics = (await t.send('GET', '/metrics')).text
  expect(metrics).toContain('gateway_jobs_total{route="/v1/chat/completions",error=""} 2')
  expect(metrics).toContain('gen_ai_client_token_usage_sum{gen_ai_operation_name="chat",gen_ai_request_model="chat",gen_ai_token_type="input"} 30')
})
