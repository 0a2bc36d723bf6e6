import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, fakeUpstream, open, post, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler } from '../test-support.ts'

const patient = { timeouts: { firstByteMs: 60_000, idleMs: 60_000, totalMs: 60_000 } }
/** Takes a few milliseconds; the rest is for a busy machine. */
const promptMs = 500
const silent: Handler = () => {}

test.each([
  ['a JSON answer', chatBody, silent],
  ['a stream\'s head', { ...chatBody, stream: true }, silent],
  ['a stream\'s first event', { ...chatBody, stream: true }, (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders()],
] satisfies [string, unknown, Handler][])('a caller that leaves before %s: the upstream socket closes promptly, once', async (_name, body, handler) => {
  await using up = await fakeUpstream(handler)
  await using gw = await startGateway(testConfig([up.baseURL], patient))
  for (const leave of ['destroy', 'reset'] as const) {
    const before = up.seen.length
    const { request } = open(`${gw.url}/v1/chat/completions`, body)
    request.on('error', () => {})
    await up.calls(before + 1)
    const left = performance.now()
    if (leave === 'destroy') request.destroy()
    else request.socket?.resetAndDestroy()
    expect(await up.seen[before]?.closed).toBe(false)
    expect(performance.now() - left).toBeLessThan(promptMs)
    expect(up.seen).toHaveLength(before + 1)
  }
})

test('in the middle of a stream', async () => {
  await using up = await fakeUpstream((response) => answerStream(response, sse(chunk({ content: 'a' }))))
  await using gw = await startGateway(testConfig([up.baseURL], patient))
  const { request, response } = open(`${gw.url}/v1/chat/completions`, { ...chatBody, stream: true })
  request.on('error', () => {})
  const stream = await response
  stream.on('error', () => {})
  await new Promise((resolve) => stream.once('data', resolve))
  const left = performance.now()
  request.destroy()
  expect(await up.seen[0]?.closed).toBe(false)
  expect(performance.now() - left).toBeLessThan(promptMs)
})

test('while a retry is waited for: no further attempt', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, '{}', 429, { 'retry-after': '1' }))
  await using gw = await startGateway(testConfig([up.baseURL], patient))
  const { request } = open(`${gw.url}/v1/chat/completions`, chatBody)
  request.on('error', () => {})
  await up.calls(1)
  await up.seen[0]?.closed
  request.destroy()
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(up.seen).toHaveLength(1)
})

test('during failover: the second upstream is let go, a third never asked', async () => {
  await using first = await fakeUpstream((response) => answerJson(response, '{}', 500))
  await using second = await fakeUpstream(silent)
  await using third = await fakeUpstream(silent)
  await using gw = await startGateway(testConfig([first.baseURL, second.baseURL, third.baseURL], { ...patient, retry: false }))
  const { request } = open(`${gw.url}/v1/chat/completions`, { ...chatBody, model: 'chain' })
  request.on('error', () => {})
  await second.calls(1)
  request.destroy()
  expect(await second.seen[0]?.closed).toBe(false)
  expect(third.seen).toHaveLength(0)
})

test('aborts do not open the circuit', async () => {
  await using up = await fakeUpstream((response, { body }) => {
    if (body.includes('stay')) answerJson(response, completion('hi'))
    else answerStream(response, sse(chunk({ content: 'a' })))
  })
  await using gw = await startGateway(testConfig([up.baseURL], { ...patient, breaker: { failures: 1, cooldownMs: 60_000 } }))
  await Promise.all(Array.from({ length: 50 }, async (_none, n) => {
    const { request, response } = open(`${gw.url}/v1/chat/completions`, { ...chatBody, stream: true })
    request.on('error', () => {})
    if (n % 2 === 0) (await response).on('error', () => {})
    else await new Promise((resolve) => request.once('finish', resolve))
    request.destroy()
  }))
  expect(await post(gw.url, { ...chatBody, messages: [{ role: 'user', content: 'stay' }] })).toMatchObject({ status: 200 })
})
