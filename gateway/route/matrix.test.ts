import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, logLines, post, sse, startGateway, testConfig, upstreamKey } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

const ok: Handler = (response) => answerJson(response, completion('hi'))
const fail = (status: number, error: object = { message: 'no' }, headers: Record<string, string> = {}): Handler => (response) => answerJson(response, JSON.stringify({ error }), status, headers)
const matrix = { retries: 3, statuses: { 429: 3, 503: 3, '5xx': 1 }, baseMs: 5, capMs: 20, maxRetryAfterMs: 2_000 }
const chain = { ...chatBody, model: 'chain' }

async function setup(first: Handler, overrides: Overrides = {}) {
  const log = logLines()
  const up = await fakeUpstream(first)
  const second = await fakeUpstream(ok)
  const gw = await startGateway(testConfig([up.baseURL, second.baseURL], { retry: matrix, breaker: false, ...overrides }), { logTo: log })
  return { url: gw.url, up, second, log, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  } }
}

test.each([
  [429, 4, 429], [503, 4, 503], [500, 2, 500], [502, 2, 502], [504, 2, 504], [529, 2, 529],
  [400, 1, 400], [404, 1, 404], [401, 1, 502], [403, 1, 502], [409, 1, 409], [422, 1, 422],
])('by the matrix a %i is asked %i times in all, and is a %i', async (status, attempts, told) => {
  await using t = await setup(fail(status))
  expect(await post(t.url)).toMatchObject({ status: told, headers: { 'x-gauntlet-attempts': String(attempts) } })
  expect(t.up.seen).toHaveLength(attempts)
})

test('by the matrix a Retry-After of a 503 is waited for', async () => {
  await using t = await setup((response, seen, nth) => (nth === 1 ? fail(503, {}, { 'retry-after': '1' }) : ok)(response, seen, nth))
  const started = performance.now()
  expect(await post(t.url)).toMatchObject({ status: 200 })
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_000)
})

test.each([
  ['403 with the code content_policy_violation', fail(403, { message: 'no', code: 'content_policy_violation' }), 403, 'content_policy_violation'],
  ['400 with the code moderation_blocked', fail(400, { message: 'no', code: 'moderation_blocked' }), 400, 'moderation_blocked'],
  ['429 with the type moderation', fail(429, { message: 'no', type: 'moderation' }, { 'retry-after': '1' }), 429, 'content_policy_violation'],
  ['500 with the code content_filter', fail(500, { message: 'no', code: 'content_filter' }), 500, 'content_filter'],
  ['403 with reasons, as OpenRouter has it', fail(403, { message: 'flagged', code: 403, metadata: { reasons: ['violence'], flagged_input: 'hello' } }), 403, '403'],
  ['200 with an error', fail(200, { message: 'no', code: 'content_policy_violation' }), 400, 'content_policy_violation'],
  ['stream that begins with an error', ((response) => answerStream(response, sse(chunk({ role: 'assistant', content: '' }), '{"error":{"message":"no","code":"content_policy_violation"}}')).end()) as Handler, 400, 'content_policy_violation'],
] satisfies [string, Handler, number, string][])('moderation stops at once: a %s', async (name, handler, status, code) => {
  await using t = await setup(handler, { log: { level: 'info' } })
  const reply = await post(t.url, { ...chain, stream: name.startsWith('stream') })
  expect(reply).toMatchObject({ status, headers: { 'x-gauntlet-attempts': '1', 'x-should-retry': 'false' } })
  expect(errorOf(reply.text).code).toBe(code)
  expect(t.second.seen).toHaveLength(0)
  expect(t.log.of('escalation')).toMatchObject([{ level: 50, escalation: 'moderation', upstream: 'up1', caller: 'caller', requestId: reply.headers['x-request-id'] }])
})

test('what a caller\'s text is refused for does not open the circuit', async () => {
  await using t = await setup(fail(500, { message: 'no', code: 'moderation' }), { breaker: { failures: 2, cooldownMs: 60_000 } })
  for (let n = 0; n < 4; n++) expect(await post(t.url)).toMatchObject({ status: 500 })
  expect(t.up.seen).toHaveLength(4)
})

test.each([401, 403])('a %i without such a code is the gateway\'s own key: no fallback, and an operator is called', async (status) => {
  await using t = await setup(fail(status, { message: `bad key ${upstreamKey}` }), { log: { level: 'info' } })
  expect(await post(t.url, chain)).toMatchObject({ status: 502, headers: { 'x-gauntlet-attempts': '1' } })
  expect(t.second.seen).toHaveLength(0)
  expect(t.log.of('escalation')).toMatchObject([{ level: 50, escalation: 'upstream_auth', upstream: 'up1' }])
  expect(JSON.stringify(t.log.lines)).not.toContain(upstreamKey)
})

test('other failures are nobody\'s emergency', async () => {
  await using t = await setup(fail(500), { log: { level: 'info' } })
  await post(t.url, chain)
  expect(t.log.of('escalation')).toEqual([])
})

const secret = 'My cœliac patient Żaneta Kowalska, PESEL 44051401359'
const prompt = { ...chatBody, messages: [{ role: 'user', content: secret }] }
const quoting = { message: `model overloaded at node 7 with key ${upstreamKey} while reading "${secret}"`, type: 'server_error', code: 'node_down' }

test('at level debug each failed attempt has the upstream\'s payload, without the words of the request and the keys', async () => {
  await using t = await setup(fail(500, quoting), { log: { level: 'debug' } })
  await post(t.url, prompt)
  const lines = t.log.of('failed attempt')
  expect(lines.map(({ attempt, failure, payload }) => ({ attempt, failure, payload }))).toEqual([1, 2].map((attempt) => ({
    attempt,
    failure: 'GW_ERR_UPSTREAM_ERROR 500',
    payload: { message: 'model overloaded at node 7 with key [redacted] while reading "My c…… … …… …, … …"', type: 'server_error', code: 'node_down' },
  })))
  const all = JSON.stringify(t.log.lines)
  for (const word of ['liac', 'patient', 'aneta', 'Kowalska', '44051401359', upstreamKey]) expect(all).not.toContain(word)
})

test('a request that hides its words behind escapes is compared all the same', async () => {
  await using t = await setup(fail(500, quoting), { log: { level: 'debug' } })
  const escaped = Array.from(JSON.stringify(secret).slice(1, -1), (sign) => String.raw`\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
  await post(t.url, `{"model":"chat","messages":[{"role":"user","content":"${escaped}"}]}`)
  expect(t.log.of('failed attempt')).toHaveLength(2)
  for (const word of ['patient', 'Kowalska', '44051401359']) expect(JSON.stringify(t.log.lines)).not.toContain(word)
})

test('a payload is cut to a length, and left out where the request is too long to be compared with', async () => {
  await using t = await setup(fail(500, { message: 'overload '.repeat(5_000) }), { log: { level: 'debug' } })
  await post(t.url, prompt)
  const [line] = t.log.of('failed attempt')
  expect(JSON.stringify(line).length).toBeLessThan(1_500)
  await post(t.url, { ...chatBody, messages: [{ role: 'user', content: 'word '.repeat(20_000) }] })
  expect(t.log.of('failed attempt').at(-1)).toMatchObject({ payload: { message: '[not compared with a request of this length]' } })
})

test('at level info there is no payload: the codes are in the line of the request', async () => {
  await using t = await setup(fail(500, quoting), { log: { level: 'info' } })
  await post(t.url, prompt)
  await expect.poll(() => t.log.of('request')).toMatchObject([{ failures: Array(2).fill('up1: GW_ERR_UPSTREAM_ERROR 500') }])
  expect(JSON.stringify(t.log.lines)).not.toContain('overloaded')
})

test('retries switched off: one attempt each, and the chain goes on', async () => {
  await using t = await setup(fail(503), { retry: false })
  expect(await post(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-attempts': '1' } })
  expect(await post(t.url, chain)).toMatchObject({ status: 200, headers: { 'x-gauntlet-attempts': '2', 'x-gauntlet-upstream': 'up2' } })
})
