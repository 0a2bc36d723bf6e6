import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, open, post, sse, startGateway, testConfig } from './test-support.ts'
import type { Handler } from './test-support.ts'

const cooldownMs = 300
const config = (baseURLs: string[]) => testConfig(baseURLs, { retry: false, breaker: { failures: 3, cooldownMs }, timeouts: { firstByteMs: 10_000 } })
const cooled = async (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, cooldownMs + 5))

test.each([
  ['500s', (response) => answerJson(response, '{}', 500), false],
  ['resets', (response) => response.socket?.resetAndDestroy(), false],
  ['cut streams', (response) => answerStream(response, sse(chunk({ content: 'a' }))).write('x', () => response.socket?.resetAndDestroy()), true],
] satisfies [string, Handler, boolean][])('%s open the circuit; open, nothing reaches the upstream', async (_name, handler, stream) => {
  await using up = await fakeUpstream(handler)
  await using gw = await startGateway(config([up.baseURL]))
  for (let n = 0; n < 3; n++) await post(gw.url, { ...chatBody, stream })
  for (let n = 0; n < 5; n++) {
    const reply = await post(gw.url)
    expect(reply).toMatchObject({ status: 503, headers: { 'retry-after': '1', 'x-gauntlet-attempts': '0' } })
    expect(errorOf(reply.text).code).toBe('upstream_circuit_open')
  }
  expect(up.seen).toHaveLength(3)
})

test('half-open: of fifty callers one is the probe and the others are shed at once', async () => {
  let hang: (() => void) | undefined
  await using up = await fakeUpstream((response, _seen, nth) => {
    if (nth <= 3) answerJson(response, '{}', 500)
    else hang = () => answerJson(response, completion('hi'))
  })
  await using gw = await startGateway(config([up.baseURL]))
  for (let n = 0; n < 3; n++) await post(gw.url)
  await cooled()
  let shed = 0
  const replies = Array.from({ length: 50 }, async () => {
    const reply = await post(gw.url)
    // The probe is answered only when all others have been: had one of them queued, this would hang.
    if (reply.status === 503 && ++shed === 49) void up.calls(4).then(() => hang?.())
    return reply.status
  })
  const statuses = await Promise.all(replies)
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  expect(up.seen).toHaveLength(4)
})

test('an aborted probe leaves the slot to the next caller', async () => {
  await using up = await fakeUpstream((response, _seen, nth) => {
    if (nth <= 3) answerJson(response, '{}', 500)
    else if (nth > 4) answerJson(response, completion('hi'))
  })
  await using gw = await startGateway(config([up.baseURL]))
  for (let n = 0; n < 3; n++) await post(gw.url)
  await cooled()
  const { request } = open(`${gw.url}/v1/chat/completions`, chatBody)
  request.on('error', () => {})
  await up.calls(4)
  expect(await post(gw.url)).toMatchObject({ status: 503 })
  request.destroy()
  await up.seen[3]?.closed
  expect(await post(gw.url)).toMatchObject({ status: 200 })
})

test('a failed probe opens again', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, '{}', 500))
  await using gw = await startGateway(config([up.baseURL]))
  for (let n = 0; n < 3; n++) await post(gw.url)
  await cooled()
  expect(await post(gw.url)).toMatchObject({ status: 500 })
  expect(await post(gw.url)).toMatchObject({ status: 503 })
})

test('callers\' own errors do not open it', async () => {
  await using up = await fakeUpstream((response, _seen, nth) => answerJson(response, completion('hi'), nth <= 20 ? (nth % 2 === 0 ? 400 : 429) : 200))
  await using gw = await startGateway(config([up.baseURL]))
  for (let n = 0; n < 20; n++) await post(gw.url)
  expect(await post(gw.url)).toMatchObject({ status: 200 })
})

test('one upstream\'s circuit is not another\'s, and an open one is passed over', async () => {
  await using up = await fakeUpstream((response) => answerJson(response, '{}', 500))
  await using second = await fakeUpstream((response) => answerJson(response, completion('hi')))
  await using gw = await startGateway(config([up.baseURL, second.baseURL]))
  for (let n = 0; n < 3; n++) await post(gw.url)
  expect(await post(gw.url, { ...chatBody, model: 'chain' })).toMatchObject({ status: 200, headers: { 'x-gauntlet-upstream': 'up2', 'x-gauntlet-attempts': '1' } })
  expect(up.seen).toHaveLength(3)
})
