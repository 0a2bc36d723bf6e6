import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { keepLog } from '../observe/test-support.ts'
import { createGateway } from '../server.ts'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, dataOf, fakeUpstream, open, post, read, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'
import type { Problem } from './problem-json.ts'

async function start(handler: Handler = (response) => answerJson(response, completion('hi')), overrides: Overrides = {}) {
  const up = await fakeUpstream(handler)
  const log = keepLog()
  const gw = await startGateway(testConfig([up.baseURL], { errors: 'problem+json', limits: { bodyBytes: 100_000 }, ...overrides, log: { level: 'trace' } }), log)
  return { up, gw, log, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

/** The problem in a body; throws when a member is missing or of another type, or when there is one that nobody promised. */
function problemOf(body: string): Problem {
  const problem = JSON.parse(body) as Problem & Record<string, unknown>
  const promised: Record<string, string> = { type: 'string', title: 'string', status: 'number', detail: 'string', instance: 'string', code: problem.code === null ? 'null' : 'string', requestId: 'string', errors: 'object' }
  const typeOf = (value: unknown): string => (value === null ? 'null' : typeof value)
  const strange = Object.keys({ ...promised, ...problem }).filter((name) => name in problem ? typeOf(problem[name]) !== promised[name] : name !== 'errors')
  if (strange.length > 0) throw new Error(`not a problem, for ${strange.join()}: ${body}`)
  if (!/^urn:gauntlet:error:GW_ERR_[A-Z_]+$/.test(problem.type) || problem.instance !== `urn:gauntlet:request:${problem.requestId}`) throw new Error(`not a URN: ${body}`)
  return problem
}

test.each([
  ['a missing key', 'POST', '/v1/chat/completions', chatBody, { 'x-api-key': 'wrong-key-canary' }, 401, 'INVALID_KEY', 'invalid_api_key'],
  ['an unknown URL', 'POST', '/v1/nope', '{broken', {}, 404, 'UNKNOWN_URL', 'unknown_url'],
  ['another method', 'GET', '/v1/chat/completions', undefined, {}, 405, 'METHOD', 'method_not_allowed'],
  ['a large body', 'POST', '/v1/chat/completions', 'x'.repeat(200_000), {}, 413, 'BODY_TOO_LARGE', 'request_too_large'],
  ['another type', 'POST', '/v1/chat/completions', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'MEDIA_TYPE', 'unsupported_media_type'],
  ['no JSON', 'POST', '/v1/chat/completions', '{', {}, 400, 'MALFORMED_JSON', null],
  ['no body', 'POST', '/v1/chat/completions', '', {}, 400, 'MALFORMED_JSON', null],
  ['a list', 'POST', '/v1/chat/completions', '[]', {}, 422, 'INVALID_REQUEST', null],
  ['a broken URL', 'GET', '/v1/%zz', undefined, {}, 400, 'MALFORMED_HTTP', null],
  ['an unknown model', 'POST', '/v1/chat/completions', { ...chatBody, model: 'nope' }, {}, 404, 'MODEL_NOT_FOUND', 'model_not_found'],
] as const)('%s', async (_name, method, path, body, headers, status, id, code) => {
  await using t = await start()
  const reply = await read(await open(t.gw.url + path, body, { method, headers: { 'x-request-id': 'my-id.1', ...headers } }).response)
  expect(reply.status).toBe(status)
  expect(reply.headers).toMatchObject({ 'content-type': 'application/problem+json', 'x-request-id': 'my-id.1' })
  const problem = problemOf(reply.text)
  expect(problem).toMatchObject({ type: `urn:gauntlet:error:GW_ERR_${id}`, status, code, instance: 'urn:gauntlet:request:my-id.1', requestId: 'my-id.1' })
  expect(reply.text).not.toMatch(/canary|node_modules|\bat /)
  expect(t.up.seen).toHaveLength(0)
})

test.each([
  ['NONSENSE\r\n\r\n', 400],
  ['GET /v1/models HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
  [`GET /v1/models HTTP/1.1\r\nhost: x\r\nx-long: ${'x'.repeat(40_000)}\r\n\r\n`, 431],
  ['POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\n', 408],
  ['GET /v1/models HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n', 417],
])('what never becomes a request, case %#: %i in the head and in the body', async (bytes, status) => {
  await using t = await start(undefined, { timeouts: { requestMs: 100 } })
  const socket = connect(Number(new URL(t.gw.url).port), '127.0.0.1')
  socket.write(bytes)
  const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n')
  expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  expect(head.toLowerCase()).toContain('content-type: application/problem+json')
  const problem = problemOf(body)
  expect(problem).toMatchObject({ type: 'urn:gauntlet:error:GW_ERR_MALFORMED_HTTP', status })
  expect(head).toContain(`x-request-id: ${problem.requestId}`)
})

test('an invalid request lists every field, and reaches no upstream', async () => {
  await using t = await start()
  const reply = await post(t.gw.url, { messages: [{ role: 'user' }], temperature: 3 })
  const { detail, title, errors } = problemOf(reply.text)
  expect(errors).toEqual([
    { field: 'model', message: "Missing required parameter: 'model'.", code: 'missing_required_parameter' },
    { field: 'messages[0].content', message: "Missing required parameter: 'messages[0].content'.", code: 'missing_required_parameter' },
    { field: 'temperature', message: "Invalid value for 'temperature': Too big: expected number to be <=2.", code: 'invalid_value' },
  ])
  expect([title, detail]).toEqual(['The request is not valid.', "Missing required parameter: 'model'."])
  expect(t.up.seen).toHaveLength(0)
})

test('an upstream’s error: its own words as the detail, its parameter as the field, no secret, and the headers of the other dialect', async () => {
  await using t = await start((response) => answerJson(response, `{"error":{"message":"max_tokens is too large for ${upstreamKey}","type":"invalid_request_error","param":"max_tokens","code":"too_large"}}`, 400))
  const reply = await post(t.gw.url)
  expect(reply.headers).toMatchObject({ 'x-gauntlet-upstream': 'up1', 'x-gauntlet-attempts': '1' })
  expect(problemOf(reply.text)).toMatchObject({
    status: 400, title: 'The upstream reported an error.', detail: 'max_tokens is too large for [redacted]', code: 'too_large',
    errors: [{ field: 'max_tokens', message: 'max_tokens is too large for [redacted]', code: 'too_large' }],
  })
})

test('a timeout is a 504, a limit keeps its Retry-After', async () => {
  await using t = await start((response, { body }) => (body.includes('slow') ? undefined : answerJson(response, '{}', 429, { 'retry-after': '7' })), { timeouts: { firstByteMs: 300 }, retry: false })
  expect(problemOf((await post(t.gw.url, { ...chatBody, messages: [{ role: 'user', content: 'slow' }] })).text)).toMatchObject({ status: 504, code: 'upstream_timeout' })
  const limited = await post(t.gw.url)
  expect(limited.headers['retry-after']).toBe('7')
  expect(problemOf(limited.text)).toMatchObject({ status: 429 })
})

const broken: Handler = (response) => answerStream(response, sse(chunk({ content: 'half' }))).end()

test('a stream that breaks off ends with one object for both kinds of readers, and a cut', async () => {
  await using t = await start(broken)
  const reply = await post(t.gw.url, { ...chatBody, stream: true }, { headers: { 'x-request-id': 'my-id.2' } })
  expect(reply).toMatchObject({ status: 200, whole: false })
  expect(reply.text).not.toContain('[DONE]')
  const { error, ...problem } = JSON.parse(dataOf(reply.text).at(-1) ?? '') as Record<string, unknown>
  expect(error).toEqual({ message: problem['detail'], type: 'server_error', param: null, code: 'upstream_interrupted' })
  expect(problemOf(JSON.stringify(problem))).toMatchObject({ type: 'urn:gauntlet:error:GW_ERR_UPSTREAM_CUT', status: 502, requestId: 'my-id.2' })
})

test('OpenAI’s SDK raises what broke the stream off', async () => {
  await using t = await start(broken)
  const client = new OpenAI({ baseURL: `${t.gw.url}/v1`, apiKey: callerKey, maxRetries: 0 })
  const stream = await client.chat.completions.create({ model: 'chat', messages: [{ role: 'user', content: 'hi' }], stream: true })
  const reading = async (): Promise<void> => {
    for await (const part of stream) expect(part.choices[0]?.delta.content).toBe('half')
  }
  await expect(reading()).rejects.toMatchObject({ code: 'upstream_interrupted' })
})

test('in OpenAI’s dialect the body of the same error is what it always was', async () => {
  await using t = await start(undefined, { errors: 'openai' })
  const reply = await post(t.gw.url, { model: 'chat', messages: chatBody.messages, n: 0, top_p: 2 })
  expect(reply).toMatchObject({ status: 400, headers: { 'content-type': 'application/json; charset=utf-8' } })
  expect(JSON.parse(reply.text)).toEqual({ error: { message: "Invalid value for 'n': Too small: expected number to be >=1.", type: 'invalid_request_error', param: 'n', code: 'invalid_value' } })
})

test('a bug is told to the log and not to the caller', async () => {
  const log = keepLog()
  const app = createGateway(testConfig(['http://127.0.0.1:1/v1'], { errors: 'problem+json', log: { level: 'error' } }), log)
  app.addHook('preHandler', async () => {
    throw new TypeError('canary at /srv/gateway')
  })
  await using cleanup = new AsyncDisposableStack()
  cleanup.defer(async () => app.close())
  const reply = await post(await app.listen({ host: '127.0.0.1', port: 0 }))
  expect(problemOf(reply.text)).toMatchObject({ status: 500, code: 'internal_error', detail: 'The gateway failed.' })
  expect(reply.text).not.toContain('canary')
  expect((await log.next('internal error'))['stack']).toContain('canary')
})
