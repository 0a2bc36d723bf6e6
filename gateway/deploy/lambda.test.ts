import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, dataOf, errorOf, fakeUpstream, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'
import { redisMissing, startRedis } from '../stores/test-redis.ts'

const hello = sse(chunk({ role: 'assistant', content: 'hel' }), chunk({ content: 'lo' }), chunk({}, 'stop'), '[DONE]')
const streamed = { ...chatBody, stream: true }
const context = { awsRequestId: 'amz-2' }

/** The module as a new container loads it. */
async function load(config: unknown) {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-lambda-'))
  const file = join(folder, 'gateway.json')
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config))
  vi.stubEnv('GATEWAY_CONFIG', file)
  vi.resetModules()
  try {
    return await import('./lambda.ts')
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function deploy(handle: Handler, overrides: Overrides = {}) {
  const up = await fakeUpstream(handle)
  const lambda = await load(testConfig([up.baseURL], overrides))
  return { up, ...lambda, async [Symbol.asyncDispose]() {
    await lambda.gateway.close()
    await up[Symbol.asyncDispose]()
  } }
}

/** An event of an API Gateway's HTTP API, payload 2.0; a function URL sends the same. */
function event(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  return {
    version: '2.0', routeKey: '$default', rawPath: path, rawQueryString: '',
    headers: { host: 'abc.execute-api.example', authorization: `Bearer ${callerKey}`, 'content-type': 'application/json', 'user-agent': 'ua', 'x-forwarded-for': '192.0.2.1', ...headers },
    requestContext: { apiId: 'abc', requestId: 'amz-1', stage: '$default', http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'ua' } },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), isBase64Encoded: false,
  }
}

test('a chat: the answer of the upstream, under the id of the API Gateway, without headers of a connection', async () => {
  await using t = await deploy((response) => answerJson(response, completion('hi')))
  const reply = await t.handler(event('POST', '/v1/chat/completions', chatBody), context)
  expect(reply).toMatchObject({ statusCode: 200, isBase64Encoded: false, body: completion('hi'), headers: { 'x-request-id': 'amz-1', 'x-gauntlet-upstream': 'up1', 'content-type': 'application/json; charset=utf-8' } })
  for (const name of ['connection', 'keep-alive', 'transfer-encoding']) expect(reply.headers).not.toHaveProperty(name)
  expect(t.up.seen[0]?.request.headers).toMatchObject({ authorization: `Bearer ${upstreamKey}`, 'x-request-id': 'amz-1' })
  expect(t.up.seen[0]?.request.headers).not.toHaveProperty('x-forwarded-for')
})

test('a body in base64, and a second call of the same container', async () => {
  await using t = await deploy((response, { body }) => answerJson(response, completion(body.includes('caf\u00e9') ? 'yes' : 'no')))
  const body = Buffer.from(JSON.stringify({ ...chatBody, messages: [{ role: 'user', content: 'caf\u00e9' }] })).toString('base64')
  expect((await t.handler({ ...event('POST', '/v1/chat/completions', body), isBase64Encoded: true }, context)).body).toBe(completion('yes'))
  expect((await t.handler(event('POST', '/v1/chat/completions', chatBody), context)).body).toBe(completion('no'))
})

test('an answer without a body', async () => {
  await using t = await deploy((response) => answerJson(response, completion('no')))
  expect(await t.handler(event('HEAD', '/v1/models'), context)).toMatchObject({ statusCode: 200, body: '' })
})

test.each([
  ['a wrong key', event('POST', '/v1/chat/completions', chatBody, { authorization: 'Bearer wrong-key-canary' }), 401, 'invalid_api_key'],
  ['an invalid body', event('POST', '/v1/chat/completions', { model: 'chat' }), 400, 'missing_required_parameter'],
  ['no JSON', event('POST', '/v1/chat/completions', '{'), 400, null],
  ['an unknown path', event('GET', '/v1/nope'), 404, 'unknown_url'],
  ['another method', event('GET', '/v1/embeddings'), 405, 'method_not_allowed'],
])('%s: the envelope, and nothing reaches an upstream', async (_name, asked, status, code) => {
  await using t = await deploy((response) => answerJson(response, completion('no')))
  const reply = await t.handler(asked, context)
  expect([reply.statusCode, errorOf(reply.body).code]).toEqual([status, code])
  expect(reply.body).not.toContain('canary')
  expect(t.up.seen).toHaveLength(0)
})

// An injected request has no socket: what ends a real connection two seconds after an error ended the whole container.
test('an error leaves nothing behind that fails later', async () => {
  await using t = await deploy((response) => answerJson(response, completion('hi')))
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    await t.handler(event('POST', '/v1/chat/completions', '{'), context)
    expect(() => vi.advanceTimersByTime(60_000)).not.toThrow()
  } finally {
    vi.useRealTimers()
  }
})

test('behind an API Gateway a stream comes in one piece: all its events, and [DONE]', async () => {
  await using t = await deploy((response) => answerStream(response, hello).end())
  const reply = await t.handler(event('POST', '/v1/chat/completions', streamed), context)
  expect(reply).toMatchObject({ statusCode: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8' } })
  expect([contentOf(reply.body), dataOf(reply.body).at(-1)]).toEqual(['hello', '[DONE]'])
})

test('a stream that breaks off keeps what had come, and ends with the error', async () => {
  await using t = await deploy((response) => answerStream(response, sse(chunk({ content: 'half' }))).end())
  const { body } = await t.handler(event('POST', '/v1/chat/completions', streamed), context)
  const events = dataOf(body)
  expect([contentOf(`data: ${events[0]}\n\n`), errorOf(events.at(-1) ?? '').code]).toEqual(['half', 'upstream_interrupted'])
})

/** Lambda's own globals, as far as they matter: what is written goes to the caller at once. */
function runtime() {
  const metas: unknown[] = []
  vi.stubGlobal('awslambda', {
    streamifyResponse: (handler: unknown) => handler,
    HttpResponseStream: { from: (out: Writable, meta: unknown) => {
      metas.push(meta)
      return out
    } },
  })
  return metas
}
type Streaming = (event: unknown, out: Writable, context: unknown) => Promise<void>

test('with response streaming each event leaves before the upstream sends the next, also when the first is late', async () => {
  const metas = runtime()
  const steps: (() => void)[] = []
  await using t = await deploy((response) => {
    answerStream(response, '')
    for (const one of [chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({}, 'stop'), '[DONE]']) steps.push(() => response.write(sse(one)))
    steps.push(() => response.end())
    setImmediate(() => steps.shift()?.())
  })
  const out = new PassThrough()
  const done = (t.streaming as Streaming)(event('POST', '/v1/chat/completions', streamed), out, context)
  let text = ''
  for await (const bytes of out) {
    text += String(bytes)
    if (text.endsWith('\n\n')) steps.shift()?.()
  }
  await done
  expect(contentOf(text)).toBe('ab')
  expect(metas).toMatchObject([{ statusCode: 200, headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'amz-1' } }])
})

// The adapter takes an answer whose first byte comes after its head for an empty one; here Redis is asked in between.
test.skipIf(redisMissing !== undefined)(`a function takes jobs for workers elsewhere, and tells what comes of them${redisMissing === undefined ? '' : ` (${redisMissing})`}`, async () => {
  await using redis = await startRedis()
  await using t = await deploy((response) => answerStream(response, hello).end(), { redis: { url: redis.url, commandMs: 500 }, jobs: { workers: 0 } })
  await using _ = await startGateway(testConfig([t.up.baseURL], { redis: { url: redis.url, commandMs: 500 }, jobs: { workers: 1 } }))
  while ((await t.handler(event('GET', '/health/ready'), context)).statusCode !== 200);
  const taken = await t.handler(event('POST', '/v1/jobs', { url: '/v1/chat/completions', body: chatBody }), context)
  expect(taken.statusCode).toBe(202)
  const { id } = JSON.parse(taken.body) as { id: string }
  const path = `/v1/jobs/${id}/events`
  // From its beginning, and once more when it has ended.
  for (const { body } of [await t.handler(event('GET', path), context), await t.handler(event('GET', path), context)]) {
    expect(body).toContain('event: done\n')
    expect(body.endsWith('data: [DONE]\n\n')).toBe(true)
  }
})

test('with response streaming a broken answer fails the call, behind the event that says why', async () => {
  runtime()
  await using t = await deploy((response) => answerStream(response, sse(chunk({ content: 'half' }))).end())
  let text = ''
  const out = new Writable({ write(bytes, _encoding, done) {
    text += String(bytes)
    done()
  } })
  await expect((t.streaming as Streaming)(event('POST', '/v1/chat/completions', streamed), out, context)).rejects.toThrow()
  expect(errorOf(dataOf(text).at(-1) ?? '').code).toBe('upstream_interrupted')
})

test('the log of a call says how it ended: well, or not', async () => {
  const lines: string[] = []
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((line) => {
    lines.push(String(line))
    return true
  })
  try {
    await using t = await deploy((response, { body }) => (body.includes('stream') ? answerStream(response, hello).end() : answerJson(response, completion('hi'))), { log: { level: 'info' } })
    for (const body of [chatBody, streamed]) await t.handler(event('POST', '/v1/chat/completions', body), context)
    await vi.waitFor(() => expect(lines.filter((line) => line.includes('"msg":"request"'))).toHaveLength(2))
  } finally {
    write.mockRestore()
  }
  for (const line of lines) expect(line).not.toContain('"error"')
})

test.each([
  ['is not named', undefined, /GATEWAY_CONFIG/],
  ['is no JSON, with a key in it', '{"keys": [{"key": "key-canary"}]', /^(?!.*canary).*not valid JSON/],
  ['has workers of jobs', testConfig([], { redis: { url: 'redis://127.0.0.1:1' }, jobs: {}, models: {} }), /jobs\.workers has to be 0/],
])('a config that %s ends the start', async (_name, config, message) => {
  if (config !== undefined) {
    await expect(load(config)).rejects.toThrow(message)
    return
  }
  vi.stubEnv('GATEWAY_CONFIG', undefined)
  vi.resetModules()
  await expect(import('./lambda.ts')).rejects.toThrow(message)
})
