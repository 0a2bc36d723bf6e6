import { createHash } from 'node:crypto'
import { Agent } from 'node:http'
import { expect, test } from 'vitest'
import type { ConfigInput } from './config.ts'
import { launchGateway } from './test-process.ts'
import { answerStream, callerKey, chatBody, chunk, contentOf, dataOf, errorOf, fakeUpstream, open, post, read, sse, testConfig, upstreamKey } from './test-support.ts'

const withLog = (url: string, drain: ConfigInput['drain']): ConfigInput => testConfig([url], { log: { level: 'debug' }, drain, timeouts: { idleMs: 10_000, totalMs: 20_000 } })

test('SIGTERM: readiness falls, new work is refused, the live stream finishes, exit 0', async () => {
  const go = Promise.withResolvers<void>()
  await using up = await fakeUpstream((response) => {
    answerStream(response, sse(chunk({ content: 'a' })))
    void go.promise.then(() => response.end(sse(chunk({ content: 'b' }), chunk({}, 'stop'), '[DONE]')))
  })
  await using gw = await launchGateway(withLog(up.baseURL, { deadlineMs: 8_000 }))
  const url = await gw.listening
  const agent = new Agent({ keepAlive: true })
  await read(await open(`${url}/v1/models`, undefined, { agent }).response)
  const stream = await open(`${url}/v1/chat/completions`, { ...chatBody, stream: true }).response

  gw.child.kill('SIGTERM')
  for (;;) {
    const reply = await read(await open(`${url}/health/ready`, undefined).response)
    if (reply.status === 503) break
  }
  expect(await read(await open(`${url}/health/live`, undefined).response)).toMatchObject({ status: 200 })
  const refused = await read(await open(`${url}/v1/models`, undefined, { agent }).response)
  expect(refused).toMatchObject({ status: 503, headers: { connection: 'close' } })
  expect(errorOf(refused.text).code).toBe('gateway_draining')

  go.resolve()
  const reply = await read(stream)
  expect(reply.whole).toBe(true)
  expect(contentOf(reply.text)).toBe('ab')
  expect((await gw.exit)[0]).toBe(0)
  const log = gw.lines.join('\n')
  expect(log).toContain('"cut":0')
  for (const secret of [callerKey, upstreamKey, String(up.port), 'hello']) expect(log).not.toContain(secret)
})

test('past the deadline what is left is cut, told so, and the exit is still 0', async () => {
  await using up = await fakeUpstream((response) => answerStream(response, sse(chunk({ content: 'a' }))))
  await using gw = await launchGateway(withLog(up.baseURL, { deadlineMs: 100 }))
  const url = await gw.listening
  const stream = await open(`${url}/v1/chat/completions`, { ...chatBody, stream: true }).response
  gw.child.kill('SIGTERM')
  const reply = await read(stream)
  expect(reply.whole).toBe(false)
  expect(errorOf(dataOf(reply.text).at(-1) ?? '').code).toBe('gateway_draining')
  expect((await gw.exit)[0]).toBe(0)
  expect(gw.lines.join('\n')).toContain('"cut":1')
  expect(await up.seen[0]?.closed).toBe(false)
})

test.each([
  [{ ...testConfig(['http://127.0.0.1:1']), keys: [], surplus: 1 }, /keys: .*\n.*surplus/s],
  ['{ "apiKey": "sk-secret-in-broken-json" ', /is not valid JSON/],
  [{ ...testConfig(['http://127.0.0.1:1']), admin: { sha256: createHash('sha256').update(callerKey).digest('hex') } }, /^The gateway config has an issue:\n {2}admin\.sha256: is the key "caller" as well.*\n$/],
])('a bad config ends with 2 and one message', async (config, message) => {
  await using gw = await launchGateway(config)
  expect((await gw.exit)[0]).toBe(2)
  expect(await gw.stderr).toMatch(message)
  expect(await gw.stderr).not.toMatch(/secret-in|at .*\.ts:/)
})

test('a port in use ends with 1', async () => {
  await using up = await fakeUpstream(() => {})
  await using gw = await launchGateway({ ...testConfig([up.baseURL]), port: up.port })
  expect((await gw.exit)[0]).toBe(1)
  expect(await gw.stderr).toMatch(/^Cannot listen: /)
})

test('secrets stay out of answers and the log, whatever fails', async () => {
  await using up = await fakeUpstream((response, _seen, nth) => {
    if (nth % 2 === 0) response.socket?.resetAndDestroy()
    else response.writeHead(500).end(`${upstreamKey} at http://127.0.0.1:${up.port}/v1`)
  })
  await using gw = await launchGateway({ ...withLog(up.baseURL, {}), breaker: { failures: 2, cooldownMs: 50 } })
  const url = await gw.listening
  const replies = [await post(url), await post(url), await post(url, '{"x', {}), await post(url, chatBody, { headers: { authorization: `Bearer ${callerKey}x` } })]
  gw.child.kill('SIGTERM')
  await gw.exit
  const all = gw.lines.join('\n') + JSON.stringify(replies)
  for (const secret of [callerKey, upstreamKey, `127.0.0.1:${up.port}`]) expect(all).not.toContain(secret)
  expect(all).toContain('"breaker"')
})
