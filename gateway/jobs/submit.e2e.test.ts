import { expect, test } from 'vitest'
import { everythingIn, redisMissing } from '../stores/test-redis.ts'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, open, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler } from '../test-support.ts'
import { otherKey, startPair, vectors } from './test-jobs.ts'

const it = test.skipIf(redisMissing !== undefined)
const why = redisMissing === undefined ? '' : ` (${redisMissing})`
const hello: Handler = (response) => answerStream(response, sse(chunk({ role: 'assistant', content: 'hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), JSON.stringify({ id: 'c1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }), '[DONE]')).end()
const other = { 'x-api-key': otherKey }

it(`a job taken by one replica is worked by another, and either tells its result${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL)
  const reply = await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody })
  const { id, ...rest } = JSON.parse(reply.text) as { id: string }
  expect(reply).toMatchObject({ status: 202, headers: { location: `/v1/jobs/${id}` } })
  expect(rest).toEqual({ object: 'job', status: 'queued', created: expect.closeTo(Date.now() / 1_000, -2) as number })
  const job = await t.ended(id)
  expect(job).toEqual({
    id, ...rest, url: '/v1/chat/completions', status: 'done', attempts: 1, headers: { 'x-gauntlet-attempts': '1', 'x-gauntlet-upstream': 'up1', 'x-gauntlet-model': 'chat' },
    result: { id: 'c1', object: 'chat.completion', created: 1, model: 'tiny', choices: [{ index: 0, message: { role: 'assistant', content: 'hello', refusal: null }, logprobs: null, finish_reason: 'stop' }], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
  })
  const elsewhere = await read(await open(`${t.worker.url}/v1/jobs/${id}`, undefined).response)
  expect(JSON.parse(elsewhere.text)).toEqual(job)
})

it(`the upstream gets the caller's own text, as a stream, under the id and the trace of the submission${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL)
  const body = '{"unknown": {"a": 1.0},\n "model": "chat", "seed": 12345678901234567890, "stream": false, "messages": [{"role": "user", "content": "caf\\u00e9 \\" } ] "}]}'
  const headers = { 'x-request-id': 'my-id.7', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x-other': 'no' }
  const reply = await t.send('POST', '/v1/jobs', `{"body": ${body} , "url": "/v1/chat/completions"}`, headers)
  await t.ended((JSON.parse(reply.text) as { id: string }).id)
  expect(up.seen[0]?.body).toBe('{"unknown": {"a": 1.0},"model": "tiny","seed": 12345678901234567890,"messages": [{"role": "user", "content": "caf\\u00e9 \\" } ] "}],"stream":true,"stream_options":{"include_usage":true}}')
  expect(up.seen[0]?.request.headers).toMatchObject({ 'x-request-id': 'my-id.7', traceparent: headers.traceparent })
  expect(up.seen[0]?.request.headers['x-other']).toBeUndefined()
})

it(`once a job has ended its prompt is nowhere in Redis, and the rest goes by itself${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL, {}, { keepSeconds: 40 })
  const id = await t.submit({ ...chatBody, messages: [{ role: 'user', content: 'prompt-canary' }] })
  await t.ended(id)
  const { client } = t.redis
  // The result can be read a moment before the queue has let go of the job.
  await expect.poll(async () => client.keys('*bull:jobs:job_*')).toEqual([])
  for (const key of await client.keys('*')) if (key.includes(id)) expect(await client.ttl(key)).toBeOneOf([38, 39, 40])
  const dump = await everythingIn(client)
  expect(dump).toContain('hello')
  expect(dump).not.toContain('prompt-canary')
})

it(`an embeddings job, and a chat with a model that cannot stream, have the upstream's own text as their result${why}`, async () => {
  await using up = await fakeUpstream((response, { request }) => answerJson(response, request.url === '/v1/embeddings' ? vectors : completion('whole')))
  await using t = await startPair(up.baseURL, { models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], streaming: false } } })
  const embedding = await t.submit({ model: 'chat', input: 'hello' }, '/v1/embeddings')
  await t.ended(embedding)
  expect((await t.send('GET', `/v1/jobs/${embedding}`)).text).toContain(`"result":${vectors}}`)
  const chat = await t.ended(await t.submit(chatBody))
  expect(chat).toMatchObject({ status: 'done', result: { choices: [{ message: { content: 'whole' } }] } })
  expect(up.seen.map(({ body }) => body).join()).not.toContain('"stream"')
})

it(`a submission is refused at once for what the request itself would be refused for${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL, { models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], streaming: false } } })
  const cases: [unknown, number, string | null, string | null][] = [
    [{ url: '/v1/chat/completions', body: { model: 'chat' } }, 400, 'missing_required_parameter', 'messages'],
    [{ url: '/v1/chat/completions', body: { ...chatBody, model: 'nope' } }, 404, 'model_not_found', 'model'],
    [{ url: '/v1/chat/completions', body: { ...chatBody, stream: true } }, 400, 'unsupported_value', 'stream'],
    [{ url: '/v1/embeddings', body: { model: 'chat' } }, 400, 'missing_required_parameter', 'input'],
    [{ url: '/v1/models', body: chatBody }, 400, 'invalid_value', 'url'],
    [{ url: '/v1/chat/completions', body: 'text' }, 400, 'invalid_type', 'body'],
    [{ url: '/v1/chat/completions' }, 400, 'missing_required_parameter', 'body'],
    [{ url: '/v1/chat/completions', body: chatBody, priority: 1 }, 400, null, null],
    ['{"url":', 400, null, null],
  ]
  for (const [body, status, code, param] of cases) {
    const reply = await t.send('POST', '/v1/jobs', body)
    expect([reply.status, errorOf(reply.text).code, errorOf(reply.text).param]).toEqual([status, code, param])
  }
  expect(await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody }, { 'x-api-key': 'wrong' })).toMatchObject({ status: 401 })
  expect(await t.send('GET', '/v1/jobs')).toMatchObject({ status: 405, headers: { allow: 'POST' } })
  expect(await t.send('POST', '/v1/jobs/job_0', {})).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD, DELETE' } })
  expect(await t.redis.client.keys('*:job*:job_*')).toEqual([])
  expect(up.seen).toHaveLength(0)
})

it(`a job is its tenant's alone${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL)
  const id = await t.submit(chatBody)
  await t.ended(id)
  const none = await t.send('GET', '/v1/jobs/job_00000000000000000000000000000000', undefined, other)
  for (const [method, path] of [['GET', ''], ['GET', '/events'], ['DELETE', '']] as const) {
    const reply = await t.send(method, `/v1/jobs/${id}${path}`, undefined, other)
    expect([reply.status, reply.text]).toEqual([404, none.text])
  }
  expect(errorOf(none.text).code).toBe('job_not_found')
  expect(await t.get(id)).toMatchObject({ status: 'done' })
})

it(`what waits is its tenant's alone as well${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL, {}, { workers: 0 })
  const id = await t.submit(chatBody)
  expect(await t.get(id)).toMatchObject({ status: 'queued', attempts: 0 })
  expect(await t.send('GET', `/v1/jobs/${id}`, undefined, other)).toMatchObject({ status: 404 })
  expect(await t.send('DELETE', `/v1/jobs/${id}`, undefined, other)).toMatchObject({ status: 404 })
})

it(`an idempotency key stands for one job of one tenant, also when it has ended${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL)
  const key = { 'idempotency-key': 'order 17' }
  const [id, same] = await Promise.all([t.submit(chatBody, undefined, key), t.submit(chatBody, undefined, key)])
  expect(same).toBe(id)
  await t.ended(id)
  expect(await t.submit(chatBody, undefined, key)).toBe(id)
  const changed = await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: { ...chatBody, temperature: 0 } }, key)
  expect([changed.status, errorOf(changed.text).code]).toEqual([422, 'idempotency_conflict'])
  const theirs = await t.submit(chatBody, undefined, { ...key, ...other })
  expect(theirs).not.toBe(id)
  expect(await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody }, { 'idempotency-key': 'x'.repeat(256) })).toMatchObject({ status: 400 })
  expect(await t.get(theirs, other)).toMatchObject({ id: theirs })
  await up.calls(2)
  expect(up.seen).toHaveLength(2)
})

it(`a job that fails has the error object of the answer that it would have been${why}`, async () => {
  await using up = await fakeUpstream((response, { body }) => {
    if (body.includes('refused')) answerJson(response, '{"error":{"message":"max_tokens is too large","type":"invalid_request_error","param":"max_tokens","code":"too_large"}}', 400)
    else answerStream(response, sse(chunk({ content: 'half' }))).end()
  })
  await using t = await startPair(up.baseURL)
  const refused = await t.ended(await t.submit({ ...chatBody, messages: [{ role: 'user', content: 'refused' }] }))
  expect(refused).toMatchObject({ status: 'failed', headers: { 'x-gauntlet-attempts': '1', 'x-gauntlet-upstream': 'up1' }, error: { message: 'max_tokens is too large', type: 'invalid_request_error', param: 'max_tokens', code: 'too_large' } })
  expect(refused).not.toHaveProperty('result')
  const broken = await t.ended(await t.submit(chatBody))
  expect(broken).toMatchObject({ status: 'failed', error: { code: 'upstream_interrupted' } })
  expect(Object.keys(broken.error ?? {}).toSorted()).toEqual(['code', 'message', 'param', 'type'])
})

it(`over maxWaiting a submission is a 503 with a Retry-After, and what waits stays${why}`, async () => {
  await using up = await fakeUpstream(hello)
  await using t = await startPair(up.baseURL, {}, { workers: 0, maxWaiting: 2 })
  const ids = [await t.submit(chatBody), await t.submit(chatBody)]
  const reply = await t.send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody })
  expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '5' } })
  expect(errorOf(reply.text).code).toBe('jobs_unavailable')
  for (const id of ids) expect(await t.get(id)).toMatchObject({ status: 'queued' })
})

test('switched off, there are no routes', async () => {
  await using up = await fakeUpstream(hello)
  await using gw = await startGateway(testConfig([up.baseURL]))
  for (const [method, path] of [['POST', '/v1/jobs'], ['GET', '/v1/jobs/job_1'], ['GET', '/v1/jobs/job_1/events'], ['DELETE', '/v1/jobs/job_1']] as const) {
    const reply = await read(await open(gw.url + path, method === 'POST' ? {} : undefined, { method }).response)
    expect([reply.status, errorOf(reply.text).code]).toEqual([404, 'unknown_url'])
  }
})
