import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, completion, dataOf, errorOf, fakeUpstream, open, post, read, sse, startGateway, testConfig, upstreamKey } from './test-support.ts'
import type { Handler } from './test-support.ts'

const ok: Handler = (response) => answerJson(response, completion('hi'))

test('the request reaches the upstream as sent, with the model and the key replaced', async () => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  const body = '{ "model": "chat", "seed": 9007199254740993, "temperature": 1.0, "x_unknown": {"a": [1]}, "messages": [{"role":"user","content":"h\\u00e9"}] }'
  const reply = await post(gw.url, body, { headers: { 'x-request-id': 'req.one_2-3', cookie: 'c=1', 'x-forwarded-for': '1.2.3.4', te: 'trailers', 'user-agent': 'test/1' } })
  expect(reply).toMatchObject({ status: 200, text: completion('hi') })
  expect(reply.headers).toMatchObject({ 'x-request-id': 'req.one_2-3', 'x-gauntlet-upstream': 'up1', 'x-gauntlet-attempts': '1' })
  const [seen] = up.seen
  expect(seen?.body).toBe(body.replace('"chat"', '"tiny"'))
  expect(seen?.request.url).toBe('/v1/chat/completions')
  expect(seen?.request.headers).toMatchObject({ authorization: `Bearer ${upstreamKey}`, 'x-request-id': 'req.one_2-3', 'user-agent': 'test/1' })
  for (const name of ['cookie', 'x-forwarded-for', 'te', 'x-api-key']) expect(seen?.request.headers).not.toHaveProperty(name)
  expect(JSON.stringify(seen?.request.headers)).not.toContain(callerKey)
})

test('embeddings go through with their encoding_format', async () => {
  const answer = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":"AACAPw=="}],"model":"tiny","usage":{"prompt_tokens":1,"total_tokens":1}}'
  await using up = await fakeUpstream((response) => answerJson(response, answer))
  await using gw = await startGateway(testConfig([up.baseURL]))
  const reply = await read(await open(`${gw.url}/v1/embeddings`, { model: 'chat', input: 'x', encoding_format: 'base64' }).response)
  expect(reply).toMatchObject({ status: 200, text: answer })
  expect(up.seen[0]?.body).toContain('"encoding_format":"base64"')
})

test.each([
  ['{"model":', null, null],
  ['', null, null],
  ['[]', null, null],
  [{ messages: chatBody.messages }, 'model', 'missing_required_parameter'],
  [{ model: 'chat' }, 'messages', 'missing_required_parameter'],
  [{ model: 'chat', messages: [] }, 'messages', 'invalid_value'],
  [{ model: 'chat', messages: 'hi' }, 'messages', 'invalid_type'],
  [{ model: 'chat', messages: [{ role: 'robot', content: 'x' }] }, 'messages[0].role', 'invalid_value'],
  [{ model: 'chat', messages: [{ role: 'user' }] }, 'messages[0].content', 'missing_required_parameter'],
  [{ ...chatBody, temperature: 3 }, 'temperature', 'invalid_value'],
  [{ ...chatBody, temperature: 'warm' }, 'temperature', 'invalid_type'],
  [{ ...chatBody, stream: 'yes' }, 'stream', 'invalid_type'],
  [{ ...chatBody, stream_options: { include_usage: true } }, 'stream_options', 'invalid_value'],
])('%j is refused here, naming the field', async (body, param, code) => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  const reply = await post(gw.url, body)
  expect(reply.status).toBe(400)
  expect(errorOf(reply.text)).toMatchObject({ type: 'invalid_request_error', param, code })
  expect(up.seen).toHaveLength(0)
})

test('null is the same as absent for optional fields', async () => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await post(gw.url, { ...chatBody, temperature: null, stop: null, n: null, stream: null, stream_options: null, tools: null })).toMatchObject({ status: 200 })
})

test('an unknown model is a 404 that names the parameter', async () => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  for (const model of ['gpt-9', 'constructor']) {
    const reply = await post(gw.url, { ...chatBody, model })
    expect(reply.status).toBe(404)
    expect(errorOf(reply.text)).toMatchObject({ code: 'model_not_found', param: 'model' })
  }
})

const upstreamHtml = '<html><head><title>Bad</title></head><body>nginx</body></html>'
test.each([
  [400, { message: 'too long', type: 'invalid_request_error', param: 'messages', code: 'context_length_exceeded' }, 400],
  [404, { message: 'no such model', type: 'invalid_request_error', param: null, code: 'model_not_found' }, 404],
  [409, { message: 'conflict', type: 'invalid_request_error', param: null, code: null }, 409],
  [413, { message: 'large', type: 'invalid_request_error', param: null, code: null }, 413],
  [422, { message: 'no', type: 'invalid_request_error', param: 'x', code: null }, 422],
  [429, { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' }, 429],
  [500, { message: 'boom', type: 'server_error', param: null, code: null }, 500],
  [503, { message: 'overloaded', type: 'service_unavailable_error', param: null, code: 'server_is_overloaded' }, 503],
  [529, { message: 'overloaded', type: 'overloaded_error', param: null, code: null }, 529],
])('upstream %i keeps its class and its fields', async (status, error, expected) => {
  await using up = await fakeUpstream((response) => answerJson(response, JSON.stringify({ error }), status))
  await using gw = await startGateway(testConfig([up.baseURL]))
  for (const stream of [false, true]) {
    const reply = await post(gw.url, { ...chatBody, stream })
    expect(reply).toMatchObject({ status: expected, whole: true })
    expect(errorOf(reply.text)).toEqual(error)
  }
})

test.each([401, 403])('upstream %i is the gateway\'s trouble, not the caller\'s', async (status) => {
  await using up = await fakeUpstream((response) => answerJson(response, JSON.stringify({ error: { message: `bad key ${upstreamKey}` } }), status))
  await using gw = await startGateway(testConfig([up.baseURL]))
  const reply = await post(gw.url)
  expect(reply).toMatchObject({ status: 502, headers: { 'x-should-retry': 'false', 'x-gauntlet-attempts': '1' } })
  expect(errorOf(reply.text).code).toBe('upstream_auth_failed')
  expect(reply.text).not.toContain(upstreamKey)
})

test.each([
  ['HTML', 500, 'text/html', upstreamHtml],
  ['nothing', 503, 'application/json', ''],
  ['a long text', 500, 'text/plain', 'x'.repeat(50_000)],
  ['another shape', 500, 'application/json', '{"detail":"broken"}'],
  ['its own secrets', 500, 'application/json', `{"error":{"message":"POST http://127.0.0.1:PORT/v1 with ${upstreamKey} failed"}}`],
])('an error body of %s becomes a proper envelope', async (_name, status, type, body) => {
  await using up = await fakeUpstream((response) => response.writeHead(status, { 'content-type': type }).end(body.replace('PORT', String(up.port))))
  await using gw = await startGateway(testConfig([up.baseURL], { retry: false }))
  const reply = await post(gw.url)
  expect(reply.status).toBe(status)
  const { message } = errorOf(reply.text)
  expect(message).not.toMatch(/<html|127\.0\.0\.1/i)
  expect(message).not.toContain(upstreamKey)
  expect(message.length).toBeGreaterThan(0)
  expect(message.length).toBeLessThan(1_100)
})

test.each([
  ['HTML', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(upstreamHtml)],
  ['nothing', (response) => response.writeHead(200).end()],
  ['half JSON', (response) => answerJson(response, '{"choices":[{"ind')],
  ['an empty object', (response) => answerJson(response, '{}')],
  ['an error object', (response) => answerJson(response, '{"error":{"message":"boom"}}')],
  ['204', (response) => response.writeHead(204).end()],
  ['a redirect', (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
  ['gzip', (response) => answerJson(response, 'garbage', 200, { 'content-encoding': 'gzip' })],
  ['a short body', (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' }).write('{"choices":')
    response.socket?.end()
  }],
  ['a reset in the body', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":', () => response.socket?.resetAndDestroy())
  }],
] satisfies [string, Handler][])('a 200 with %s is a 502', async (_name, handler) => {
  await using up = await fakeUpstream(handler)
  await using gw = await startGateway(testConfig([up.baseURL], { retry: false }))
  const reply = await post(gw.url)
  expect(reply).toMatchObject({ status: 502, whole: true })
  errorOf(reply.text)
})

test.each([
  ['JSON instead of a stream', (response) => answerJson(response, completion('hi'))],
  ['a JSON error instead of a stream', (response) => answerJson(response, '{"error":{"message":"boom","code":"x"}}')],
  ['HTML as a stream', (response) => answerStream(response, upstreamHtml).end()],
  ['an empty stream', (response) => answerStream(response, '').end()],
  ['an error as its first event', (response) => answerStream(response, sse('{"error":{"message":"boom"}}', '[DONE]')).end()],
  ['a role, then an error', (response) => answerStream(response, sse('{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}', '{"error":{"message":"boom"}}')).end()],
] satisfies [string, Handler][])('a stream of %s is a 502 with no stream begun', async (_name, handler) => {
  await using up = await fakeUpstream(handler)
  await using gw = await startGateway(testConfig([up.baseURL], { retry: false }))
  const reply = await post(gw.url, { ...chatBody, stream: true })
  expect(reply).toMatchObject({ status: 502, whole: true })
  errorOf(reply.text)
})

test('a stream is relayed on clean frames with headers that keep proxies from holding it', async () => {
  await using up = await fakeUpstream((response) => answerStream(response, sse('{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}', '{"choices":[],"usage":{"total_tokens":2}}', '[DONE]')).end())
  await using gw = await startGateway(testConfig([up.baseURL]))
  const reply = await post(gw.url, { ...chatBody, stream: true, stream_options: { include_usage: true } })
  expect(reply).toMatchObject({ status: 200, whole: true })
  expect(reply.headers).toMatchObject({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no', 'x-gauntlet-attempts': '1' })
  expect(dataOf(reply.text)).toEqual(['{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}', '{"choices":[],"usage":{"total_tokens":2}}', '[DONE]'])
})
