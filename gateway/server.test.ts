import { METHODS } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { answerJson, callerKey, chatBody, completion, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from './test-support.ts'

async function start() {
  const up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  const gw = await startGateway(testConfig([up.baseURL], { limits: { bodyBytes: 100_000 } }))
  return { up, gw, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

test.each([
  [{ authorization: '' }],
  [{ authorization: 'Bearer wrong-key-canary' }],
  [{ authorization: `Basic ${callerKey}` }],
  [{ 'x-api-key': 'wrong-key-canary' }],
])('%o: one uniform 401, before the body is looked at', async (headers) => {
  await using t = await start()
  const answers = await Promise.all(['{', JSON.stringify(chatBody)].map(async (body) => post(t.gw.url, body, { headers })))
  const { message } = errorOf(answers[0]?.text ?? '')
  for (const reply of answers) {
    expect(reply).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(errorOf(reply.text)).toEqual({ message, type: 'invalid_request_error', param: null, code: 'invalid_api_key' })
    expect(reply.text).not.toContain('canary')
  }
  expect(t.up.seen).toHaveLength(0)
})

test('X-API-Key is as good', async () => {
  await using t = await start()
  const reply = await post(t.gw.url, chatBody, { headers: { 'x-api-key': callerKey } })
  expect(reply.status).toBe(200)
})

test.each([
  ['GET', '/nope', undefined, 404, 'unknown_url'],
  ['POST', '/v1/nope', '{broken', 404, 'unknown_url'],
  ['GET', '/', undefined, 404, 'unknown_url'],
  ['GET', '/v1/chat/completions', undefined, 405, 'method_not_allowed'],
  ['DELETE', '/v1/models/chat', undefined, 405, 'method_not_allowed'],
  ['PUT', '/v1/chat/completions', '<xml/>', 405, 'method_not_allowed'],
  ['GET', '/v1/models/nope', undefined, 404, 'model_not_found'],
  ['GET', '/v1/%zz', undefined, 400, null],
])('%s %s: %i in the envelope', async (method, path, body, status, code) => {
  await using t = await start()
  const reply = await read(await open(t.gw.url + path, body, { method }).response)
  expect(reply.status).toBe(status)
  expect(errorOf(reply.text).code).toBe(code)
  expect(reply.headers['content-type']).toMatch(/^application\/json/)
  expect(reply.headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/)
})

test.each([
  ['/v1/chat/completions', 'POST'],
  ['/v1/embeddings', 'POST'],
  ['/v1/models', 'GET, HEAD'],
  ['/v1/models/chat', 'GET, HEAD'],
  ['/health/live', 'GET, HEAD'],
  ['/health/ready', 'GET, HEAD'],
])('%s: every other method is a 405 that says what is allowed', async (path, allow) => {
  await using t = await start()
  for (const method of METHODS.filter((name) => name !== 'CONNECT' && !allow.split(', ').includes(name))) {
    expect(await read(await open(t.gw.url + path, undefined, { method }).response), method).toMatchObject({ status: 405, headers: { allow } })
  }
})

test.each([
  ['text/plain', 415],
  ['application/x-www-form-urlencoded', 415],
  ['application/json; charset=utf-8', 200],
])('content type %s: %i', async (type, status) => {
  await using t = await start()
  expect(await post(t.gw.url, chatBody, { headers: { 'content-type': type } })).toMatchObject({ status })
})

test('a compressed body is refused as a media type', async () => {
  await using t = await start()
  expect(await post(t.gw.url, chatBody, { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 415 })
})

test.each([{ 'content-length': '20000000' }, { 'transfer-encoding': 'chunked' }])('a body that is too large gets to read its 413 (%o)', async (headers) => {
  await using t = await start()
  const reply = await post(t.gw.url, Buffer.alloc(20_000_000, 'x'), { headers })
  expect(reply.status).toBe(413)
  expect(errorOf(reply.text).code).toBe('request_too_large')
  expect(t.up.seen).toHaveLength(0)
})

test.each(['evil id', 'x'.repeat(129), 'a/b', ''])('the request id %j is replaced', async (id) => {
  await using t = await start()
  expect((await post(t.gw.url, chatBody, { headers: { 'x-request-id': id } })).headers['x-request-id']).toMatch(/^req_/)
})

test('models are listed by their configured names', async () => {
  await using t = await start()
  const list = JSON.parse((await read(await open(`${t.gw.url}/v1/models`, undefined).response)).text) as { object: string; data: { id: string }[] }
  expect(list).toMatchObject({ object: 'list', data: [{ id: 'chat', object: 'model' }, { id: 'chain', object: 'model' }] })
  expect(JSON.parse((await read(await open(`${t.gw.url}/v1/models/chat`, undefined).response)).text)).toEqual(list.data[0])
})

test('a caller that dribbles its request is let go', async () => {
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { timeouts: { requestMs: 100 } }))
  const socket = connect(Number(new URL(gw.url).port), '127.0.0.1')
  socket.write('POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n')
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  errorOf(answer.split('\r\n\r\n')[1] ?? '')
})

test.each([`{"model":"chat","x":${'['.repeat(40_000)}${']'.repeat(40_000)},"messages":[{"role":"user","content":"a"}]}`, '{"model":"chat","__proto__":{"a":1},"constructor":1,"messages":[{"role":"user","content":"a"}]}'])('odd but legal JSON goes through as it is', async (body) => {
  await using t = await start()
  expect(await post(t.gw.url, body)).toMatchObject({ status: 200 })
  expect(t.up.seen[0]?.body).toBe(body.replace('chat', 'tiny'))
})

test.each(['NONSENSE\r\n\r\n', 'GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n'])('what is not HTTP gets an envelope, too: %j', async (bytes) => {
  await using t = await start()
  const socket = connect(Number(new URL(t.gw.url).port), '127.0.0.1')
  socket.write(bytes)
  const answer = await text(socket)
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  errorOf(answer.split('\r\n\r\n')[1] ?? '')
})

test('a key sent as a request id is neither used nor sent back, however the key itself was sent', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, completion('hi')))
  await using gw = await startGateway(testConfig([up.baseURL]))
  for (const [credentials, status] of [[{ authorization: `Bearer ${callerKey}` }, 200], [{ 'x-api-key': callerKey }, 200], [{ authorization: `Basic ${callerKey}` }, 401], [{ authorization: callerKey }, 401]] as const) {
    const reply = await post(gw.url, chatBody, { headers: { ...credentials, 'x-request-id': callerKey } })
    expect(reply.status).toBe(status)
    expect(reply.headers['x-request-id']).toMatch(/^req_/)
  }
  for (const { request } of up.seen) expect(request.headers['x-request-id']).toMatch(/^req_/)
})

test('a stream cannot be asked of embeddings: the field passes, the answer is JSON', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [0.5] }] })))
  await using gw = await startGateway(testConfig([up.baseURL]))
  const reply = await read(await open(`${gw.url}/v1/embeddings`, { model: 'chat', input: 'x', stream: true }).response)
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
})
