import { pino } from 'pino'
import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, fakeUpstream, open, post, read, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import { createLogRequest } from './log.ts'
import { keepLog } from './test-support.ts'
import { Trace } from './trace.ts'

const prompt = 'prompt-canary'
const body = { ...chatBody, messages: [{ role: 'user', content: prompt }] }

test('one line per request says how it went, and not what was said', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, completion('answer-canary')))
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'trace' }, models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], price: { inputPerMillion: 2_000_000, outputPerMillion: 1_000_000 } } } }), log)
  await post(gw.url, body, { headers: { 'x-request-id': 'req-1' } })
  expect(await log.next('request')).toMatchObject({
    level: 30, requestId: 'req-1', method: 'POST', path: '/v1/chat/completions', status: 200, durationMs: expect.any(Number), firstByteMs: expect.any(Number), caller: 'caller', model: 'chat',
    upstream: 'up1', attempts: 1, stream: false, tokens: { prompt: 1, completion: 1, estimated: false }, cost: 3,
  })
  expect(log.lines.filter(({ msg }) => msg === 'request')).toHaveLength(1)
  for (const secret of [prompt, 'answer-canary', callerKey, upstreamKey]) expect(log.text).not.toContain(secret)
})

test.each([['trace', 1], ['info', 1], ['warn', 0], ['silent', 0]])('at level %s a request has %d lines, in the order in which pino itself would write it', (level, expected) => {
  const lines: string[] = []
  const sink = { write: (line: string) => void lines.push(line) }
  const settings = { base: { pid: 7 }, level }
  const log = pino(settings, sink)
  const trace = new Trace()
  trace.model = 'a "quoted"\nname'
  createLogRequest(log, settings, sink)({ request: { id: 'req-1', method: 'POST', log }, trace, route: '/v1/chat/completions', status: 200, durationMs: 1.4, error: undefined, open: false })
  expect(lines).toHaveLength(expected)
  log.info({ requestId: 'req-1', method: 'POST', path: '/v1/chat/completions', status: 200, durationMs: 1, model: trace.model, attempts: 0, stream: false }, 'request')
  const [ours, pinos] = lines.map((line) => line.replace(/"time":\d+/, '"time":0'))
  expect(ours).toBe(pinos)
})

test('the first byte of a stream is its first event, not its end', async () => {
  const go = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response) => {
    answerStream(response, sse(chunk({ content: 'answer-canary' })))
    void go.promise.then(() => response.end(sse(chunk({}, 'stop'), '[DONE]')))
  })
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'info' } }), log)
  const response = await open(`${gw.url}/v1/chat/completions`, { ...body, stream: true }).response
  response.once('data', () => setTimeout(() => go.resolve(), 60))
  await read(response)
  const line = await log.next('request')
  expect(line).toMatchObject({ status: 200, stream: true, tokens: { estimated: true } })
  expect(line['durationMs']).toBeGreaterThan((line['firstByteMs'] as number) + 40)
  expect(log.text).not.toContain('canary')
})

test('a caller that leaves in the middle of a stream: one line, with the tokens that came', async () => {
  await using up = await fakeUpstream((response) => answerStream(response, sse(chunk({ content: 'twelve chars' }))))
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'info' } }), log)
  const { request, response } = open(`${gw.url}/v1/chat/completions`, { ...body, stream: true })
  ;(await response).once('data', () => request.destroy())
  expect(await log.next('request')).toMatchObject({ status: 200, error: 'GW_ERR_CALLER_GONE', tokens: { completion: 3, estimated: true } })
  expect(await up.seen[0]?.closed).toBe(false)
})

test('a model that does not exist is not named: callers paste anything there', async () => {
  const log = keepLog()
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { log: { level: 'trace' } }), log)
  await post(gw.url, { ...body, model: prompt })
  expect(await log.next('request')).toMatchObject({ status: 404, error: 'GW_ERR_MODEL_NOT_FOUND' })
  expect(log.text).not.toContain(prompt)
})

test('every line about a request carries its id, also those that policies write', async () => {
  await using up = await fakeUpstream((response, _seen, nth) => answerJson(response, `{"error":{"message":"${prompt} said it"}}`, nth % 2 === 0 ? 401 : 500))
  const log = keepLog()
  await using gw = await startGateway(testConfig([up.baseURL], { log: { level: 'trace' }, breaker: false }), log)
  const before = log.lines.length
  await post(gw.url, body, { headers: { 'x-request-id': 'req-1' } })
  await log.next('request')
  const lines = log.lines.slice(before)
  expect(lines.map(({ msg }) => msg)).toContain('escalation')
  expect(lines.map(({ msg }) => msg)).toContain('failed attempt')
  for (const line of lines) expect(line).toMatchObject({ requestId: 'req-1' })
  expect(log.text).not.toContain(prompt)
})

test('probes are not logged above debug', async () => {
  const log = keepLog()
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1'], { log: { level: 'debug' } }), log)
  await read(await open(`${gw.url}/health/live`, undefined).response)
  expect(await log.next('request')).toMatchObject({ level: 20, path: '/health/live' })
})
