import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, contentOf, errorOf, fakeUpstream, post, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler } from '../test-support.ts'

const ok: Handler = (response) => answerJson(response, completion('hi'))
const fail = (status: number, headers: Record<string, string> = {}): Handler => (response) => answerJson(response, '{"error":{"message":"no"}}', status, headers)
const failing = (times: number, handler: Handler): Handler => (response, seen, nth) => (nth <= times ? handler : ok)(response, seen, nth)
const chain = { ...chatBody, model: 'chain' }

test.each([
  ['a 500', fail(500)],
  ['a 429', fail(429)],
  ['a reset before the head', (response) => response.socket?.resetAndDestroy()],
  ['a close before the head', (response) => response.socket?.end()],
  ['a cut body', (response) => {
    response.writeHead(200, { 'content-length': '999' }).write('{')
    response.socket?.end()
  }],
  ['HTML', (response) => response.end('<html>')],
] satisfies [string, Handler][])('%s is tried again', async (_name, handler) => {
  await using up = await fakeUpstream(failing(2, handler))
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await post(gw.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-attempts': '3' } })
})

test('an error event before any content is tried again', async () => {
  await using up = await fakeUpstream((response, _seen, nth) => {
    if (nth === 1) answerStream(response, sse(chunk({ role: 'assistant', content: '' }), '{"error":{"message":"boom"}}')).end()
    else answerStream(response, sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'hi' }), chunk({}, 'stop'), '[DONE]')).end()
  })
  await using gw = await startGateway(testConfig([up.baseURL]))
  const reply = await post(gw.url, { ...chatBody, stream: true })
  expect(reply).toMatchObject({ status: 200, whole: true, headers: { 'x-gauntlet-attempts': '2' } })
  expect(contentOf(reply.text)).toBe('hi')
})

test.each([400, 401, 403, 404, 409, 413, 422])('a %i is not tried again, nor elsewhere', async (status) => {
  await using up = await fakeUpstream(fail(status))
  await using second = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL, second.baseURL]))
  expect(await post(gw.url, chain)).toMatchObject({ status: status === 401 || status === 403 ? 502 : status, headers: { 'x-gauntlet-attempts': '1' } })
  expect(second.seen).toHaveLength(0)
})

test('attempts are bounded, and the last failure is what the caller learns', async () => {
  await using up = await fakeUpstream(fail(503))
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await post(gw.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-attempts': '3', 'x-gauntlet-upstream': 'up1' } })
  expect(up.seen).toHaveLength(3)
})

test('a Retry-After within the limit is waited for', async () => {
  await using up = await fakeUpstream(failing(1, fail(429, { 'retry-after': '1' })))
  await using gw = await startGateway(testConfig([up.baseURL]))
  const started = performance.now()
  expect(await post(gw.url)).toMatchObject({ status: 200 })
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_000)
})

test('a Retry-After beyond the limit goes to the caller at once', async () => {
  await using up = await fakeUpstream(fail(429, { 'retry-after': '30' }))
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await post(gw.url)).toMatchObject({ status: 429, headers: { 'retry-after': '30', 'x-gauntlet-attempts': '1' } })
})

test('a Retry-After beyond the total time is not waited for', async () => {
  await using up = await fakeUpstream(fail(503, { 'retry-after': '2' }))
  await using gw = await startGateway(testConfig([up.baseURL], { timeouts: { totalMs: 900 } }))
  expect(await post(gw.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-attempts': '1' } })
})

test('retries switched off: one attempt', async () => {
  await using up = await fakeUpstream(fail(500))
  await using gw = await startGateway(testConfig([up.baseURL], { retry: false }))
  expect(await post(gw.url)).toMatchObject({ status: 500, headers: { 'x-gauntlet-attempts': '1' } })
})

test('a connection that is refused is a 502, and falls back', async () => {
  await using second = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig(['http://127.0.0.1:1/v1', second.baseURL]))
  const reply = await post(gw.url)
  expect(reply.status).toBe(502)
  expect(errorOf(reply.text).code).toBe('upstream_unreachable')
  expect(reply.text).not.toContain('127.0.0.1')
  expect(await post(gw.url, chain)).toMatchObject({ status: 200, headers: { 'x-gauntlet-upstream': 'up2', 'x-gauntlet-attempts': '3' } })
})

test.each([false, true])('silence (stream: %j) is a 504 without a second try, and falls back', async (stream) => {
  const answer: Handler = stream ? (response) => answerStream(response, sse(chunk({ content: 'hi' }, 'stop'), '[DONE]')).end() : ok
  for (const silent of [() => {}, (response) => response.writeHead(200, { 'content-type': stream ? 'text/event-stream' : 'application/json' }).flushHeaders()] satisfies Handler[]) {
    await using up = await fakeUpstream(silent)
    await using second = await fakeUpstream(answer)
    await using gw = await startGateway(testConfig([up.baseURL, second.baseURL], { timeouts: { firstByteMs: 300, idleMs: 300 } }))
    const reply = await post(gw.url, { ...chatBody, stream })
    expect(reply).toMatchObject({ status: 504, headers: { 'x-gauntlet-attempts': '1' } })
    expect(errorOf(reply.text).code).toBe('upstream_timeout')
    expect(await post(gw.url, { ...chain, stream })).toMatchObject({ status: 200, whole: true, headers: { 'x-gauntlet-upstream': 'up2', 'x-gauntlet-attempts': '2' } })
    expect(await up.seen[0]?.closed).toBe(false)
  }
})

test('a host that takes no connection is given up after connectMs', async () => {
  // A listener with a full backlog answers no SYN: the closest thing to a black hole on the loopback.
  const held: Socket[] = []
  const server = createServer().listen(0, '127.0.0.1', 0)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await using gw = await startGateway(testConfig([`http://127.0.0.1:${port}/v1`], { timeouts: { connectMs: 150, firstByteMs: 250 } }))
  for (let n = 0; n < 4; n++) held.push(connect(port, '127.0.0.1').on('error', () => {}))
  const started = performance.now()
  const reply = await post(gw.url)
  expect(reply.status).toBe(504)
  expect(performance.now() - started).toBeLessThan(1_000)
  for (const socket of held) socket.destroy()
  server.close()
})

test('the total time covers retries', async () => {
  await using up = await fakeUpstream((response) => setTimeout(() => answerJson(response, '{}', 500), 120))
  await using gw = await startGateway(testConfig([up.baseURL], { retry: { retries: 9, baseMs: 1, capMs: 1 }, breaker: false, timeouts: { totalMs: 300 } }))
  const started = performance.now()
  const reply = await post(gw.url)
  expect(reply.status).toBe(504)
  expect(performance.now() - started).toBeLessThan(600)
  expect(up.seen.length).toBeLessThanOrEqual(3)
})

test('along the chain: each entry is tried, all failed is an honest error', async () => {
  await using up = await fakeUpstream(fail(500))
  await using second = await fakeUpstream(fail(503, { 'retry-after': '7' }))
  await using gw = await startGateway(testConfig([up.baseURL, second.baseURL]))
  expect(await post(gw.url, chain)).toMatchObject({ status: 503, headers: { 'retry-after': '7', 'x-gauntlet-attempts': '4', 'x-gauntlet-upstream': 'up2' } })
})

test('a spent quota is not tried again on the same upstream', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, '{"error":{"message":"pay","type":"insufficient_quota","code":"insufficient_quota"}}', 429))
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await post(gw.url)).toMatchObject({ status: 429, headers: { 'x-gauntlet-attempts': '1' } })
})

test('a kept-alive connection that the upstream has closed costs a retry, not an answer', async () => {
  await using up = await fakeUpstream((response, seen, nth) => {
    if (nth === 2) seen.request.socket.destroy()
    else ok(response, seen, nth)
  })
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await post(gw.url)).toMatchObject({ status: 200 })
  expect(await post(gw.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-attempts': '2' } })
})
