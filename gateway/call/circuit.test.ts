import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, logLines, open, post, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

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

/** The upstream fails up to the n-th call and is well from then on; the log is what the operator sees. */
async function watched(breaker: Overrides['breaker'], failing: number, overrides: Overrides = {}) {
  const log = logLines()
  const up = await fakeUpstream((response, _seen, nth) => answerJson(response, completion('hi'), nth <= failing ? 500 : 200))
  const gw = await startGateway(testConfig([up.baseURL], { retry: false, breaker, log: { level: 'info' }, ...overrides }), { logTo: log })
  return { url: gw.url, up, moves: () => log.of('breaker').map(({ level, upstream, from, to }) => `${String(level)} ${String(upstream)} ${String(from)}>${String(to)}`), async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

test('every transition is a line of the log, with the upstream\'s name', async () => {
  await using t = await watched({ failures: 3, cooldownMs }, 4)
  for (let n = 0; n < 3; n++) await post(t.url)
  expect(t.moves()).toEqual(['40 up1 closed>open'])
  expect(await post(t.url)).toMatchObject({ status: 503 })
  await cooled()
  expect(await post(t.url)).toMatchObject({ status: 500 })
  await cooled()
  expect(await post(t.url)).toMatchObject({ status: 200 })
  expect(t.moves()).toEqual(['closed>open', 'open>half-open', 'half-open>open', 'open>half-open', 'half-open>closed'].map((move) => `40 up1 ${move}`))
})

test('with two successes asked for, one good probe does not close the circuit', async () => {
  await using t = await watched({ failures: 5, cooldownMs, successes: 2 }, 5)
  for (let n = 0; n < 5; n++) await post(t.url)
  await cooled()
  expect(await post(t.url)).toMatchObject({ status: 200 })
  expect(t.moves().at(-1)).toBe('40 up1 open>half-open')
  expect(await post(t.url)).toMatchObject({ status: 200 })
  expect(t.moves().at(-1)).toBe('40 up1 half-open>closed')
})

test('by share of failures: upstreams that answer too late open it, though every other call is well', async () => {
  const log = logLines()
  // Two of three are never answered, and never two good ones or five bad ones come in a row.
  await using up = await fakeUpstream((response, _seen, nth) => {
    if (nth % 3 === 0) answerJson(response, completion('hi'))
  })
  await using gw = await startGateway(testConfig([up.baseURL], { retry: false, breaker: { policy: 'rolling', percent: 50, windowMs: 60_000, minimumCalls: 6, cooldownMs: 15_000 }, timeouts: { firstByteMs: 300 }, log: { level: 'info' } }), { logTo: log })
  const statuses: number[] = []
  for (let n = 0; n < 8; n++) statuses.push((await post(gw.url)).status)
  // The sixth is a success, so it is the seventh that finds five failures among seven.
  expect(statuses).toEqual([504, 504, 200, 504, 504, 200, 504, 503])
  expect(log.of('breaker')).toMatchObject([{ from: 'closed', to: 'open' }])
  expect(up.seen).toHaveLength(7)
})

test('switched off, no failure opens anything and nothing is logged', async () => {
  await using t = await watched(false, 20)
  for (let n = 0; n < 20; n++) expect(await post(t.url)).toMatchObject({ status: 500 })
  expect(await post(t.url)).toMatchObject({ status: 200 })
  expect(t.moves()).toEqual([])
})
