import { createHash } from 'node:crypto'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, open, read, sse, startGateway, testConfig } from '../../test-support.ts'
import type { Handler, Overrides } from '../../test-support.ts'
import { all, checker, fetchDocument, holds } from './test-document.ts'
import { redisMissing, startRedis } from '../../stores/test-redis.ts'
import { describeInput } from '../../validate/describe.ts'
import { chatRequest, embeddingsRequest } from '../../validate/validate.ts'
import { operations } from './operations.ts'

const adminKey = 'admin-key-0001'
const on: Overrides = { docs: true, metrics: { path: '/internal/metrics' }, admin: { sha256: createHash('sha256').update(adminKey).digest('hex') } }
const everything: Overrides = { ...on, redis: { url: 'redis://127.0.0.1:1', required: false }, jobs: {} }

const embeddings = JSON.stringify({ object: 'list', model: 'tiny', data: [{ object: 'embedding', index: 0, embedding: [0.1] }], usage: { prompt_tokens: 1, total_tokens: 1 } })
const ok: Handler = (response, seen) => {
  if (seen.request.url?.endsWith('/embeddings') === true) answerJson(response, embeddings)
  else if (seen.body.includes('"stream":true')) answerStream(response, sse(chunk({ role: 'assistant', content: 'hi' }), chunk({}, 'stop'), '[DONE]')).end()
  else answerJson(response, completion('hi'))
}

async function start(handler: Handler, overrides: Overrides = on) {
  const up = await fakeUpstream(handler)
  const gw = await startGateway(testConfig([up.baseURL], overrides))
  return { gw, document: await fetchDocument(gw.url), async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

test.each(['openai', 'problem+json'] as const)('it is valid OpenAPI 3.1, and its examples are what its schemas say (%s)', async (errors) => {
  await using t = await start(ok, { ...everything, errors })
  expect(await new Validator().validate(structuredClone(t.document) as unknown as Record<string, unknown>)).toEqual({ valid: true })
  const check = checker(t.document)
  for (const [route, { requestBody, responses }] of all(t.document)) {
    for (const [type, { schema, example, examples }] of [requestBody, ...Object.values(responses)].flatMap((part) => Object.entries(part?.content ?? {}))) {
      for (const value of [...(example === undefined ? [] : [example]), ...Object.values(examples ?? {}).map((one) => one.value)]) check(schema, value, `${route} ${type}`)
    }
  }
})

test('every route is described, and every description has its route', async () => {
  await using t = await start(ok, everything)
  const ids = all(t.document).map(([route, { operationId }]) => operationId ?? expect.fail(`${route} is not described`))
  expect(ids.toSorted()).toEqual(Object.values(operations()).map(({ id }) => id).toSorted())
  expect(new Set(ids).size).toBe(ids.length)
})

test('routes of what is off are not in it, and open ones say so', async () => {
  await using t = await start(ok, { docs: true })
  expect(Object.keys(t.document.paths).toSorted()).toEqual(['/docs', '/health/live', '/health/ready', '/openapi.json', '/v1/chat/completions', '/v1/embeddings', '/v1/models', '/v1/models/{model}'])
  expect(all(t.document).filter(([, { security }]) => security?.length === 0).map(([route]) => route)).toEqual(['GET /openapi.json', 'GET /docs', 'GET /health/live', 'GET /health/ready'])
})

const long = 'x'.repeat(200)
const bodies: [name: string, body: unknown][] = [
  ['plain', chatBody],
  ['unknown fields', { ...chatBody, x_unknown: { a: 1 } }],
  ['parts', { ...chatBody, messages: [{ role: 'user', content: [{ type: 'text', text: 'a', more: 1 }] }] }],
  ['an answer with calls', { ...chatBody, messages: [{ role: 'assistant', content: null, tool_calls: [{ id: 'a', type: 'function', function: {} }] }, { role: 'tool', tool_call_id: 'a', content: 'b' }] }],
  ['nulls', { ...chatBody, stream: null, n: null, temperature: null, stop: null, stream_options: null, tools: null, logit_bias: null, seed: null }],
  ['no model', { messages: chatBody.messages }],
  ['an empty model', { ...chatBody, model: '' }],
  ['no messages', { ...chatBody, messages: [] }],
  ['messages as an object', { ...chatBody, messages: {} }],
  ['a message without content', { ...chatBody, messages: [{ role: 'user' }] }],
  ['another role', { ...chatBody, messages: [{ role: 'robot', content: 'a' }] }],
  ['a tool without its call', { ...chatBody, messages: [{ role: 'tool', content: 'a' }] }],
  ['an empty list of parts', { ...chatBody, messages: [{ role: 'user', content: [] }] }],
  ['the hundred and first message is wrong', { ...chatBody, messages: [...Array.from({ length: 100 }, () => chatBody.messages[0]), { role: 'user', content: 1 }] }],
  ['temperature at the edge', { ...chatBody, temperature: 2 }],
  ['temperature over it', { ...chatBody, temperature: 2.01 }],
  ['n at the edge', { ...chatBody, n: 128 }],
  ['n over it', { ...chatBody, n: 129 }],
  ['half an n', { ...chatBody, n: 1.5 }],
  ['a large seed', { ...chatBody, seed: 2 ** 60 }],
  ['half a seed', { ...chatBody, seed: 0.5 }],
  ['four stops', { ...chatBody, stop: ['a', 'b', 'c', 'd'] }],
  ['five stops', { ...chatBody, stop: ['a', 'b', 'c', 'd', 'e'] }],
  ['a stop that is a number', { ...chatBody, stop: [1] }],
  ['biases', { ...chatBody, logit_bias: { 1: -100 } }],
  ['a bias that is a text', { ...chatBody, logit_bias: { 1: 'a' } }],
  ['stream options with a stream', { ...chatBody, stream: true, stream_options: { include_usage: true } }],
  ['stream options without one', { ...chatBody, stream_options: {} }],
  ['stream options with stream false', { ...chatBody, stream: false, stream_options: {} }],
  ['a list', []],
  ['a text', 'a'],
  ['a long user', { ...chatBody, user: long }],
]
const inputs: [name: string, body: unknown][] = [
  'a', '', ['a', ''], [], [1, 2], [[1], [2, 3]], ['a', 1], [[]], [1, [1]], [1.5], [2 ** 60], {}, null, [null],
].map((input): [string, unknown] => [JSON.stringify(input), { model: 'chat', input }])

test.each([...bodies.map(([name, body]) => ['chat', name, body] as const), ...inputs.map(([name, body]) => ['embeddings', name, body] as const)])('%s, %s: the document and the check agree', (kind, _name, body) => {
  const type = kind === 'chat' ? chatRequest : embeddingsRequest
  expect(new Ajv2020({ strict: false }).validate(describeInput(type), body)).toBe(type.safeParse(body).success)
})

test.each(['openai', 'problem+json'] as const)('real answers are as documented (%s)', async (errors) => {
  await using t = await start(ok, { ...on, errors, limits: { bodyBytes: 10_000 } })
  const ask = async (route: string, status: number, body?: unknown, headers: Record<string, string> = {}, path = route.split(' ')[1] ?? '') => {
    const method = route.split(' ')[0] ?? ''
    const reply = await read(await open(t.gw.url + path, body, { method, headers }).response)
    holds(t.document, route, reply, status)
    return reply
  }
  const chat = 'POST /v1/chat/completions'
  const invalid = errors === 'openai' ? 400 : 422
  await ask(chat, 200, chatBody)
  expect((await ask(chat, 200, { ...chatBody, stream: true })).headers['content-type']).toMatch('text/event-stream')
  await ask(chat, 400, '{')
  await ask(chat, invalid, {})
  await ask(chat, 401, chatBody, { authorization: '' })
  await ask(chat, 404, { ...chatBody, model: 'nope' })
  await ask(chat, 413, { ...chatBody, user: 'x'.repeat(20_000) })
  await ask(chat, 415, 'a', { 'content-type': 'text/plain' })
  await ask('POST /v1/embeddings', 200, { model: 'chat', input: 'x' })
  await ask('POST /v1/embeddings', invalid, { model: 'chat' })
  await ask('GET /v1/models', 200)
  await ask('GET /v1/models/{model}', 200, undefined, {}, '/v1/models/CHAT')
  await ask('GET /v1/models/{model}', 404, undefined, {}, '/v1/models/nope')
  await ask('GET /health/live', 200, undefined, { authorization: '' })
  await ask('GET /health/ready', 200, undefined, { authorization: '' })
  await ask('GET /internal/metrics', 200, undefined, { authorization: '' })
  await ask('GET /openapi.json', 200, undefined, { authorization: '' })
  await ask('GET /docs', 200, undefined, { authorization: '' })

  const admin = { 'x-api-key': adminKey }
  await ask('GET /admin/keys', 403)
  await ask('GET /admin/keys', 200, undefined, admin)
  await ask('POST /admin/keys', 201, { id: 'team-a' }, admin)
  await ask('POST /admin/keys', 409, { id: 'team-a' }, admin)
  await ask('POST /admin/keys', invalid, { id: 'team-b', x: 1 }, admin)
  await ask('POST /admin/keys/{id}/rotate', 200, { overlapSeconds: 1 }, admin, '/admin/keys/team-a/rotate')
  await ask('POST /admin/keys/{id}/rotate', 404, {}, admin, '/admin/keys/nope/rotate')
  await ask('DELETE /admin/keys/{id}', 200, undefined, admin, '/admin/keys/team-a')
})

test.each([
  [500, (response) => answerJson(response, '{"error":{"message":"no"}}', 500)],
  [502, (response) => response.destroy()],
  [503, (response) => answerJson(response, '{"error":{"message":"no"}}', 503)],
  [504, () => {}],
  [422, (response) => answerJson(response, '{"error":{"message":"no"}}', 422)],
  [429, (response) => answerJson(response, '{"error":{"message":"no"}}', 429)],
] satisfies [number, Handler][])('a %i of the upstream is as documented', async (status, handler) => {
  await using t = await start(handler, { ...on, retry: false, timeouts: { firstByteMs: 100 } })
  holds(t.document, 'POST /v1/chat/completions', await read(await open(`${t.gw.url}/v1/chat/completions`, chatBody).response), status)
})

test.each(['openai', 'problem+json'] as const)('a stream that breaks off is as documented (%s)', async (errors) => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: 'hi' }))).end(), { ...on, errors })
  const reply = await read(await open(`${t.gw.url}/v1/chat/completions`, { ...chatBody, stream: true }).response)
  expect(reply.text).toContain('"error"')
  holds(t.document, 'POST /v1/chat/completions', reply, 200)
})

test.skipIf(redisMissing !== undefined)(`${redisMissing ?? 'with Redis'}: real jobs are as documented`, async () => {
  await using redis = await startRedis()
  await using t = await start(ok, { docs: true, jobs: {}, redis: { url: redis.url, commandMs: 500 } })
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => read(await open(t.gw.url + path, body, { method, headers }).response)
  let taken = await send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody })
  while (taken.status === 503) taken = await send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody })
  holds(t.document, 'POST /v1/jobs', taken, 202)
  const { id } = JSON.parse(taken.text) as { id: string }
  holds(t.document, 'GET /v1/jobs/{id}/events', await send('GET', `/v1/jobs/${id}/events`), 200)
  const done = await send('GET', `/v1/jobs/${id}`)
  holds(t.document, 'GET /v1/jobs/{id}', done, 200)
  expect(JSON.parse(done.text)).toMatchObject({ status: 'done', result: { object: 'chat.completion' } })
  holds(t.document, 'DELETE /v1/jobs/{id}', await send('DELETE', `/v1/jobs/${id}`), 200)
  holds(t.document, 'GET /v1/jobs/{id}', await send('GET', `/v1/jobs/${id}`), 404)
  holds(t.document, 'POST /v1/jobs', await send('POST', '/v1/jobs', { url: '/v1/models', body: {} }), 400)
  const once = { 'idempotency-key': 'a' }
  holds(t.document, 'POST /v1/jobs', await send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody }, once), 202)
  holds(t.document, 'POST /v1/jobs', await send('POST', '/v1/jobs', { url: '/v1/chat/completions', body: { ...chatBody, n: 2 } }, once), 422)
})

test('jobs without Redis are a 503, as documented', async () => {
  await using t = await start(ok, { docs: true, jobs: {}, redis: { url: 'redis://127.0.0.1:1' } })
  holds(t.document, 'POST /v1/jobs', await read(await open(`${t.gw.url}/v1/jobs`, { url: '/v1/chat/completions', body: chatBody }).response), 503)
})

test('other methods are a 405', async () => {
  await using t = await start(ok)
  for (const path of ['/openapi.json', '/docs']) expect(await read(await open(t.gw.url + path, '{}').response)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } })
})

test('the page may load nothing but the document', async () => {
  await using t = await start(ok)
  const reply = await read(await open(`${t.gw.url}/docs`, undefined, { headers: { authorization: '' } }).response)
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } })
  const policy = String(reply.headers['content-security-policy'])
  expect(policy).toMatch(/^default-src 'none';/)
  expect(policy).not.toMatch(/https?:|unsafe|\*/)
  expect(reply.text).not.toMatch(/(?:src|href)="(?!data:)|https?:|@import|\burl\(/)
  for (const tag of ['script', 'style']) {
    const inline = new RegExp(`<${tag}[^>]*>([^]*?)</${tag}>`).exec(reply.text)?.[1] ?? ''
    expect(policy).toContain(`'sha256-${createHash('sha256').update(inline).digest('base64')}'`)
  }
})

test('off: no such routes', async () => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  for (const path of ['/openapi.json', '/docs']) {
    const reply = await read(await open(gw.url + path, undefined).response)
    expect(reply.status).toBe(404)
    expect(errorOf(reply.text).code).toBe('unknown_url')
  }
})
