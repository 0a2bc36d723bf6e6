import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, fakeUpstream, open, post, read, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'
import { keepLog, otlpReceiver } from './test-support.ts'
import type { ReceivedSpan } from './test-support.ts'

const theirs = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' }
const traceparent = `00-${theirs.traceId}-${theirs.spanId}-01`
const server = 2
const client = 3
const failed = { code: 2 }
const ok: Handler = (response) => answerJson(response, completion('answer-canary'))

/** Runs requests against a gateway that traces; closing it sends what is left. */
async function traced(handler: Handler, ask: (url: string) => Promise<unknown>, overrides: Overrides = {}) {
  await using up = await fakeUpstream(handler)
  await using otlp = await otlpReceiver()
  const log = keepLog()
  {
    await using gw = await startGateway(testConfig([up.baseURL], { tracing: { endpoint: otlp.endpoint }, log: { level: 'trace' }, ...overrides }), log)
    await ask(gw.url)
    await log.next('request')
  }
  const { spans } = otlp
  const one = (kind: number): ReceivedSpan => spans.find((span) => span.kind === kind) ?? expect.fail(`no span of kind ${kind}`)
  return { spans, otlp, log, seen: up.seen, get server() { return one(server) }, get client() { return one(client) } }
}

test('a request is a server span below the caller\'s, its attempt a client span below that, and the upstream continues the attempt', async () => {
  const t = await traced(ok, async (url) => post(url, chatBody, { headers: { traceparent, tracestate: 'vendor=1', 'x-request-id': 'req-1' } }))
  expect(t.server).toMatchObject({ traceId: theirs.traceId, parentSpanId: theirs.spanId, name: 'POST /v1/chat/completions', attributes: {
    'http.request.method': 'POST', 'http.route': '/v1/chat/completions', 'http.response.status_code': 200,
    'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'chat', 'gen_ai.response.model': 'tiny', 'gen_ai.usage.input_tokens': 1, 'gen_ai.usage.output_tokens': 1,
    'gateway.request.id': 'req-1', 'gateway.attempts': 1,
  } })
  expect(t.client).toMatchObject({ traceId: theirs.traceId, parentSpanId: t.server.spanId, name: 'chat tiny', attributes: {
    'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'tiny', 'gen_ai.response.model': 'tiny', 'gen_ai.usage.input_tokens': 1, 'gen_ai.usage.output_tokens': 1, 'gateway.upstream': 'up1',
  } })
  expect(t.seen[0]?.request.headers).toMatchObject({ traceparent: `00-${theirs.traceId}-${t.client.spanId}-01`, tracestate: 'vendor=1' })
  expect(t.otlp.paths[0]).toBe('/v1/traces')
  expect(t.spans).toHaveLength(2)
})

test('without a caller\'s trace, or with a broken one, a new one begins; its id is in every log line', async () => {
  for (const headers of [{}, { traceparent: '00-00000000000000000000000000000000-b7ad6b7169203331-01' }, { traceparent: 'canary' }] as Record<string, string>[]) {
    const t = await traced((response) => answerJson(response, '{"error":{"message":"no"}}', 401), async (url) => post(url, chatBody, { headers }))
    expect(t.server.parentSpanId ?? '').toBe('')
    expect(t.seen[0]?.request.headers['traceparent']).toBe(`00-${t.server.traceId}-${t.client.spanId}-01`)
    const lines = t.log.lines.filter(({ requestId }) => requestId !== undefined)
    expect(lines.map(({ msg }) => msg)).toContain('escalation')
    for (const line of lines) expect(line).toMatchObject({ traceId: t.server.traceId })
  }
})

test('every attempt has its span, and the upstream sees which one it is', async () => {
  const t = await traced((response, seen, nth) => (nth === 1 ? answerJson(response, '{"error":{"message":"no"}}', 503) : nth === 2 ? response.destroy() : ok(response, seen, nth)), async (url) => post(url))
  const attempts = t.spans.filter(({ kind }) => kind === client)
  expect(attempts.map(({ attributes }) => attributes['error.type'])).toEqual(['503', 'unreachable', undefined])
  expect(attempts.map(({ status }) => status.code)).toEqual([2, 2, 0])
  expect(attempts.map(({ attributes }) => attributes['http.request.resend_count'])).toEqual([undefined, 1, 2])
  expect(t.seen.map(({ request }) => request.headers['traceparent'])).toEqual(attempts.map(({ spanId, traceId }) => `00-${traceId}-${spanId}-01`))
  expect(t.server).toMatchObject({ status: { code: 0 }, attributes: { 'gateway.attempts': 3 } })
})

test('a stream: the spans last as long as it does, and know its first event', async () => {
  const t = await traced((response) => {
    answerStream(response, sse(chunk({ content: 'answer-canary' })))
    setTimeout(() => response.end(sse(chunk({}, 'stop'), '[DONE]')), 80)
  }, async (url) => post(url, { ...chatBody, stream: true }))
  for (const span of [t.server, t.client]) {
    expect((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000n).toBeGreaterThanOrEqual(75n)
    expect(span.attributes['gen_ai.response.time_to_first_chunk']).toBeLessThan(10)
    expect(span.attributes['gen_ai.response.model']).toBe('tiny')
  }
  expect(BigInt(t.client.endTimeUnixNano)).toBeLessThanOrEqual(BigInt(t.server.endTimeUnixNano))
})

test('an attempt begins and ends within its request, to the microsecond', async () => {
  const { spans } = await traced(ok, async (url) => {
    for (let n = 0; n < 30; n++) await post(url, { ...chatBody, user: `user-${n}` })
  })
  const attempts = spans.filter(({ kind }) => kind === client)
  expect(attempts).toHaveLength(30)
  for (const attempt of attempts) {
    const request = spans.find(({ spanId }) => spanId === attempt.parentSpanId)
    const times = [request?.startTimeUnixNano, attempt.startTimeUnixNano, attempt.endTimeUnixNano, request?.endTimeUnixNano].map((time) => BigInt(time ?? 0))
    expect(times).toEqual(times.toSorted((a, b) => Number(a - b)))
  }
})

test('failures are marked: of the upstream on both spans, of the caller on none', async () => {
  const broken = await traced((response) => answerStream(response, sse(chunk({ content: 'hi' }))).end(), async (url) => post(url, { ...chatBody, stream: true }))
  expect(broken.server).toMatchObject({ status: failed, attributes: { 'error.type': 'GW_ERR_UPSTREAM_CUT' } })
  expect(broken.client).toMatchObject({ status: failed, attributes: { 'error.type': 'cut' } })
  const refused = await traced(ok, async (url) => post(url, { ...chatBody, model: 'typed-canary' }))
  expect(refused.server).toMatchObject({ status: { code: 0 }, attributes: { 'error.type': 'GW_ERR_MODEL_NOT_FOUND', 'http.response.status_code': 404 } })
  expect(refused.server.attributes).not.toHaveProperty(['gen_ai.request.model'])
})

test('no prompt, answer, key or address in a span', async () => {
  const t = await traced((response, seen, nth) => {
    if (nth === 1) answerJson(response, `{"error":{"message":"error-canary ${upstreamKey}"}}`, 500)
    else if (nth <= 3) answerJson(response, completion('answer-canary').replace('"model":"tiny"', `"model":"${nth === 2 ? 'the key is ' : ''}${upstreamKey}"`))
    else ok(response, seen, nth)
  }, async (url) => {
    for (let n = 0; n < 2; n++) await post(url, { ...chatBody, user: 'user-canary', messages: [{ role: 'user', content: 'prompt-canary' }] })
    await read(await open(`${url}/path-canary?key=query-canary`, undefined, { headers: { 'x-api-key': 'wrong-canary' } }).response)
  })
  expect(t.spans.length).toBeGreaterThanOrEqual(4)
  for (const secret of ['canary', callerKey, upstreamKey, '127.0.0.1']) expect(t.otlp.texts.join()).not.toContain(secret)
})

test('a caller that does not record is not recorded; probes never are', async () => {
  const t = await traced(ok, async (url) => {
    await read(await open(`${url}/health/live`, undefined).response)
    await post(url, chatBody, { headers: { traceparent: traceparent.replace(/01$/, '00'), tracestate: 'vendor=1' } })
  })
  expect(t.spans).toHaveLength(0)
  expect(t.seen[0]?.request.headers['tracestate']).toBe('vendor=1')
  expect(t.seen[0]?.request.headers['traceparent']).toMatch(new RegExp(`^00-${theirs.traceId}-(?!${theirs.spanId})[0-9a-f]{16}-00$`))
})

test('a share of the traces begun here', async () => {
  const t = await traced(ok, async (url) => {
    for (let n = 0; n < 5; n++) await post(url)
    await post(url, chatBody, { headers: { traceparent } })
    await post(url, chatBody, { headers: { traceparent: 'broken', tracestate: 'vendor=1' } })
  }, { tracing: { endpoint: 'http://127.0.0.1:1', ratio: 0 } })
  expect(t.seen.map(({ request }) => String(request.headers['traceparent']).slice(-2))).toEqual(['00', '00', '00', '00', '00', '01', '00'])
  // A state without a trace that it would be of.
  expect(t.seen.at(-1)?.request.headers).not.toHaveProperty('tracestate')
})

const troubles: [name: string, answer: (() => number | undefined) | undefined][] = [['is down', undefined], ['does not answer', () => undefined], ['answers 500', () => 500]]

test.each(troubles)('an endpoint that %s slows nothing down, fails nothing and keeps little', async (_name, answer) => {
  await using up = await fakeUpstream(ok)
  await using otlp = await otlpReceiver(answer)
  const gw = await startGateway(testConfig([up.baseURL], { tracing: { endpoint: answer === undefined ? 'http://127.0.0.1:1' : otlp.endpoint, maxSpans: 4 } }))
  for (let n = 0; n < 30; n++) expect(await post(gw.url)).toMatchObject({ status: 200 })
  const closing = performance.now()
  await gw[Symbol.asyncDispose]()
  expect(performance.now() - closing).toBeLessThan(4_000)
  const batches = otlp.texts.map((text) => text.match(/"spanId"/g)?.length ?? 0)
  for (const size of batches) expect(size).toBeLessThanOrEqual(4)
  // Sixty spans would be fifteen batches: what was on its way, and a queue more each time that one was given up.
  if (answer?.() === undefined) expect(batches.length).toBeLessThan(6)
})

test('the loss of the endpoint is one line in the log', async () => {
  const log = keepLog()
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL], { tracing: { endpoint: 'http://127.0.0.1:1', maxSpans: 2 }, log: { level: 'warn' } }), log)
  while (!log.lines.some(({ msg }) => msg === 'the tracing endpoint is down')) await post(gw.url)
  for (let n = 0; n < 10; n++) await post(gw.url)
  expect(log.lines.filter(({ msg }) => msg === 'the tracing endpoint is down')).toHaveLength(1)
})

test('off: the caller\'s trace goes on as it came, and no line has an id of one', async () => {
  await using up = await fakeUpstream(ok)
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'trace' } }), log)
  await post(gw.url, chatBody, { headers: { traceparent, tracestate: 'vendor=1' } })
  expect(up.seen[0]?.request.headers).toMatchObject({ traceparent, tracestate: 'vendor=1' })
  expect(await log.next('request')).not.toHaveProperty('traceId')
})
