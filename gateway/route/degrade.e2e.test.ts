import { expect, test } from 'vitest'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, logLines, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

const says = (content: string): Handler => (response, { body }) => {
  if (body.includes('"stream":true')) answerStream(response, sse(chunk({ content }), chunk({}, 'stop'), '[DONE]')).end()
  else answerJson(response, completion(content))
}
const fail = (status: number, error: object = { message: 'no' }, headers: Record<string, string> = {}): Handler => (response) => answerJson(response, JSON.stringify({ error }), status, headers)
const on = (upstream: string, rest: object = {}) => ({ chain: [{ upstream, model: 'tiny' }], ...rest })
const models = { chat: on('up1', { cheaper: 'small', price: { inputPerMillion: 100, outputPerMillion: 100 } }), small: on('up2', { price: { inputPerMillion: 1, outputPerMillion: 1 } }) }

/** `chat` is asked of the first upstream, what is cheaper of the second. */
async function setup(handlers: readonly Handler[], overrides: Overrides = {}) {
  const log = logLines()
  const ups = await Promise.all([...handlers, says('small')].slice(0, 2).map(fakeUpstream))
  const gw = await startGateway(testConfig(ups.map(({ baseURL }) => baseURL), { models, retry: false, log: { level: 'info' }, ...overrides }), { logTo: log })
  const [up, second] = ups
  if (up === undefined || second === undefined) throw new Error('two upstreams')
  return { url: gw.url, up, second, log, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  } }
}

/** What was sent before is being worked on: its bytes were there first. */
async function underWay(url: string): Promise<void> {
  for (let n = 0; n < 3; n++) await read(await open(`${url}/health/live`, undefined).response)
}

/** Sends a request and lets it wait. */
async function waiting(url: string) {
  const sent = open(`${url}/v1/chat/completions`, chatBody)
  sent.request.on('error', () => {})
  await new Promise((resolve) => sent.request.once('finish', resolve))
  await underWay(url)
  return sent
}

const cheaper: Overrides = { degrade: { steps: ['cheaper-model'] } }
const queue = (queueMs: number, rest: object = {}): Overrides => ({ degrade: { steps: ['queue'], queueMs, ...rest }, breaker: { failures: 1, cooldownMs: 150 } })
const failing = (times: number, status = 500, headers: Record<string, string> = {}): Handler => (response, seen, nth) => (nth <= times ? fail(status, {}, headers) : says('big'))(response, seen, nth)

const wants: [string, Handler][] = [
  ['a 500', fail(500)],
  ['a 429', fail(429)],
  ['a reset', (response) => response.socket?.resetAndDestroy()],
  ['silence', () => {}],
  ['HTML', (response) => response.end('<html>')],
]

test.each(wants)('%s: the cheaper model answers, under its name, for its price, and the answer says so', async (_name, handler) => {
  for (const stream of [false, true]) {
    await using t = await setup([handler], { ...cheaper, timeouts: { firstByteMs: 150 } })
    const reply = await post(t.url, { ...chatBody, stream })
    expect(reply).toMatchObject({ status: 200, whole: true, headers: { 'x-gauntlet-degraded': 'cheaper-model', 'x-gauntlet-model': 'small', 'x-gauntlet-upstream': 'up2' } })
    expect(reply.text).toContain('small')
    await expect.poll(() => t.log.of('request')).toMatchObject([{ model: 'small', degraded: ['cheaper-model'] }])
    if (!stream) expect(t.log.of('request')).toMatchObject([{ cost: 2 / 1_000_000 }])
  }
})

test.each(wants)('switched off, %s is the caller\'s to know', async (_name, handler) => {
  await using t = await setup([handler], { timeouts: { firstByteMs: 150 } })
  const reply = await post(t.url)
  expect(reply.status).toBeGreaterThanOrEqual(429)
  expect(reply.headers).not.toHaveProperty('x-gauntlet-degraded')
  expect(t.second.seen).toHaveLength(0)
})

test('an open circuit: the cheaper model answers without a call to the broken one', async () => {
  await using t = await setup([fail(500)], { ...cheaper, breaker: { failures: 1, cooldownMs: 60_000 } })
  await post(t.url)
  expect(await post(t.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-degraded': 'cheaper-model', 'x-gauntlet-attempts': '1' } })
  expect(t.up.seen).toHaveLength(1)
})

test.each([
  ['a 400', fail(400), 400],
  ['a 404', fail(404), 404],
  ['a 403', fail(403), 502],
  ['a refused text', fail(500, { message: 'no', code: 'content_policy_violation' }), 500],
  ['an error event that blames the request', fail(200, { message: 'no', type: 'invalid_request_error' }), 502],
] satisfies [string, Handler, number][])('%s is the request\'s own fault: no step is taken', async (_name, handler, status) => {
  await using t = await setup([handler], { degrade: { steps: ['cheaper-model', 'queue', 'static'], staticAnswer: 'Sorry.' } })
  const reply = await post(t.url)
  expect(reply.status).toBe(status)
  expect(reply.headers).not.toHaveProperty('x-gauntlet-degraded')
  expect(t.second.seen).toHaveLength(0)
})

test('what the engine has no words for is the request\'s own fault', async () => {
  await using second = await fakeUpstream(says('small'))
  await using gw = await startGateway({ ...testConfig([]), upstreams: { up1: { baseURL: 'http://127.0.0.1:1', apiKey: 'key-of-up1', engine: 'anthropic' }, up2: { baseURL: second.baseURL } }, models, degrade: {} })
  const reply = await post(gw.url, { ...chatBody, stop: [' '] })
  expect(reply.status).toBe(400)
  expect(reply.headers).not.toHaveProperty('x-gauntlet-degraded')
  expect(second.seen).toHaveLength(0)
})

test('a stream that breaks after its first content is not degraded', async () => {
  await using t = await setup([(response) => answerStream(response, sse(chunk({ content: 'half' }))).write('x', () => response.socket?.resetAndDestroy())], { degrade: { steps: ['cheaper-model', 'static'], staticAnswer: 'Sorry.' } })
  const reply = await post(t.url, { ...chatBody, stream: true })
  expect(reply).toMatchObject({ status: 200, whole: false })
  expect(reply.text).toContain('upstream_interrupted')
  expect(t.second.seen).toHaveLength(0)
})

test('all steps in vain: the failure of the asked model, and the steps', async () => {
  await using t = await setup([fail(503, { message: 'asked model down', code: 'down' }), fail(400)], { degrade: { steps: ['cache', 'cheaper-model', 'queue'] } })
  const reply = await post(t.url)
  expect(reply).toMatchObject({ status: 503, headers: { 'x-gauntlet-degraded': 'cheaper-model, refused' } })
  expect(errorOf(reply.text)).toMatchObject({ message: 'asked model down', code: 'down' })
})

test('a text that the cheaper model refuses stays refused', async () => {
  await using t = await setup([fail(503), fail(403, { message: 'no', code: 'content_policy_violation' })], { degrade: { steps: ['cheaper-model', 'static'], staticAnswer: 'Sorry.' } })
  expect(await post(t.url)).toMatchObject({ status: 403, headers: { 'x-gauntlet-degraded': 'cheaper-model' } })
})

test.each([
  ['cannot stream', { streaming: false }],
  ['is for embeddings', { kind: 'embeddings' }],
  ['has too small a window', { contextWindow: 1 }],
])('a cheaper model that %s is passed over for the next cheaper one', async (_name, no) => {
  await using t = await setup([fail(503)], { ...cheaper, models: { chat: on('up1', { cheaper: 'unfit' }), unfit: on('up2', { cheaper: 'small', ...no }), small: on('up2', { cheaper: 'chat' }) } })
  expect(await post(t.url, { ...chatBody, stream: true, messages: [{ role: 'user', content: 'more than eight bytes' }] })).toMatchObject({ status: 200, headers: { 'x-gauntlet-model': 'small' } })
})

test('models that call each other cheaper are each asked once, and a place of the chain not again', async () => {
  await using t = await setup([fail(503), fail(503)], { ...cheaper, breaker: false, models: { chat: on('up1', { cheaper: 'small' }), small: on('up2', { cheaper: 'same' }), same: on('up1', { cheaper: 'chat' }) } })
  expect(await post(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-degraded': 'cheaper-model, refused', 'x-gauntlet-attempts': '2' } })
})

test('queue: a request waits for the circuit and becomes its probe', async () => {
  await using t = await setup([failing(1)], queue(5_000))
  expect(await post(t.url)).toMatchObject({ status: 200, text: completion('big'), headers: { 'x-gauntlet-degraded': 'queue', 'x-gauntlet-attempts': '2' } })
  expect(t.up.seen).toHaveLength(2)
  await expect.poll(() => t.log.of('request')).toMatchObject([{ degraded: ['queue'] }])
  expect(t.log.of('request')[0]?.['queuedMs']).toBeGreaterThanOrEqual(100)
})

test('queue: of many that wait one is the probe, and all are answered when it has come through', async () => {
  let running = 0
  const most: number[] = []
  await using t = await setup([(response, seen, nth) => {
    if (nth === 1) return fail(500)(response, seen, nth)
    running++
    setTimeout(() => {
      most.push(running--)
      says('big')(response, seen, nth)
    }, 50)
  }], { ...queue(5_000), breaker: { failures: 1, cooldownMs: 400 } })
  const first = post(t.url)
  await expect.poll(() => t.log.of('breaker')).toHaveLength(1)
  const replies = await Promise.all([first, ...Array.from({ length: 19 }, async () => post(t.url))])
  expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200))
  // Nobody came beside the probe.
  expect(most[0]).toBe(1)
  expect(t.log.of('breaker').map(({ from, to }) => `${String(from)}>${String(to)}`)).toEqual(['closed>open', 'open>half-open', 'half-open>closed'])
})

test('queue: one more try is one', async () => {
  await using t = await setup([fail(500)], queue(5_000))
  expect(await post(t.url)).toMatchObject({ status: 500, headers: { 'x-gauntlet-degraded': 'queue, refused', 'x-gauntlet-attempts': '2' } })
  expect(t.up.seen).toHaveLength(2)
})

test('queue: a circuit that stays open for longer is not waited for', async () => {
  await using t = await setup([fail(500)], { ...queue(5_000), breaker: { failures: 1, cooldownMs: 60_000 } })
  const started = performance.now()
  expect(await post(t.url)).toMatchObject({ status: 500, headers: { 'x-gauntlet-degraded': 'refused' } })
  expect(await post(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-degraded': 'refused', 'retry-after': '60' } })
  expect(performance.now() - started).toBeLessThan(1_000)
})

test('queue: with the circuit closed there is only the upstream\'s own Retry-After to wait for', async () => {
  await using t = await setup([failing(1, 429, { 'retry-after': '1' })], { ...queue(5_000), breaker: { failures: 9 } })
  const started = performance.now()
  expect(await post(t.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-degraded': 'queue', 'x-gauntlet-attempts': '2' } })
  expect(performance.now() - started).toBeGreaterThanOrEqual(1_000)
  await using without = await setup([failing(1, 429)], { ...queue(5_000), breaker: { failures: 9 } })
  expect(await post(without.url)).toMatchObject({ status: 429, headers: { 'x-gauntlet-degraded': 'refused', 'x-gauntlet-attempts': '1' } })
})

test('queue: not beyond the total time', async () => {
  // The probe hangs, so that nobody knows how long the others will have to wait.
  await using t = await setup([(response, seen, nth) => (nth === 1 ? fail(500)(response, seen, nth) : undefined)], { ...queue(60_000), timeouts: { totalMs: 700 } })
  const started = performance.now()
  const first = post(t.url)
  await expect.poll(() => t.log.of('breaker')).toHaveLength(1)
  const replies = await Promise.all([first, post(t.url), post(t.url)])
  expect(performance.now() - started).toBeLessThan(2_000)
  for (const { status } of replies) expect([503, 504]).toContain(status)
})

test('queue: a caller that leaves while it waits asks for nothing more', async () => {
  await using t = await setup([fail(500)], { ...queue(5_000), breaker: { failures: 1, cooldownMs: 300 } })
  await post(t.url)
  const before = t.up.seen.length
  const { request } = await waiting(t.url)
  request.destroy()
  await expect.poll(() => t.log.of('request').at(-1)).toMatchObject({ status: 499, error: 'GW_ERR_CALLER_GONE', attempts: 0 })
  expect(t.log.of('request').at(-1)).toMatchObject({ degraded: ['queue'] })
  expect(t.up.seen).toHaveLength(before)
})

test('queue: for more than may wait the step is left out', async () => {
  await using t = await setup([fail(500)], { ...queue(5_000, { queueWaiting: 1 }), breaker: { failures: 1, cooldownMs: 1_000 } })
  const replies = await Promise.all(Array.from({ length: 5 }, async () => post(t.url)))
  expect(replies.map(({ headers }) => String(headers['x-gauntlet-degraded'])).toSorted()).toEqual(['queue, refused', ...Array(4).fill('refused')])
})

test('queue: a line that is full is waited for; a slot is no question of the model', async () => {
  let free = (): void => {}
  await using t = await setup([(response, seen, nth) => {
    if (nth === 1) free = () => says('big')(response, seen, nth)
    else says('big')(response, seen, nth)
  }], { degrade: { steps: ['cheaper-model', 'queue'], queueMs: 5_000 }, queue: { concurrency: 1, waiting: 0 } })
  const first = post(t.url)
  await t.up.calls(1)
  const second = await waiting(t.url)
  free()
  expect(await first).toMatchObject({ status: 200 })
  expect(await read(await second.response)).toMatchObject({ status: 200, headers: { 'x-gauntlet-degraded': 'queue', 'x-gauntlet-attempts': '1' } })
  expect(t.second.seen).toHaveLength(0)
})

test('queue: a line that stays full is an honest 503, later with the step than without', async () => {
  for (const degrade of [false, { steps: ['queue'], queueMs: 250 }] satisfies Overrides['degrade'][]) {
    await using t = await setup([() => {}], { degrade, queue: { concurrency: 1, waiting: 0 } })
    const held = open(`${t.url}/v1/chat/completions`, chatBody)
    held.request.on('error', () => {})
    await t.up.calls(1)
    const started = performance.now()
    const reply = await post(t.url)
    expect(reply.status).toBe(503)
    expect(errorOf(reply.text).code).toBe('overloaded')
    expect(reply.headers).toHaveProperty('retry-after')
    expect(reply.headers['x-gauntlet-degraded']).toBe(degrade === false ? undefined : 'queue, refused')
    if (degrade === false) expect(performance.now() - started).toBeLessThan(200)
    else expect(performance.now() - started).toBeGreaterThanOrEqual(250)
    held.request.destroy()
  }
})

test('queue: who has stood in the line until its time was over is not made to stand again', async () => {
  await using t = await setup([() => {}], { degrade: { steps: ['queue'], queueMs: 5_000 }, queue: { concurrency: 1, waiting: 1, timeoutMs: 100 } })
  const held = open(`${t.url}/v1/chat/completions`, chatBody)
  held.request.on('error', () => {})
  await t.up.calls(1)
  const started = performance.now()
  expect(await post(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-degraded': 'refused' } })
  expect(performance.now() - started).toBeLessThan(2_000)
  held.request.destroy()
})

test('cache: an answer past its time is better than none, and says so; without the step there is none', async () => {
  for (const steps of [['cache', 'cheaper-model'], ['cheaper-model']] as const) {
    await using t = await setup([(response, seen, nth) => (nth === 1 ? says('big') : fail(503))(response, seen, nth)], { degrade: { steps: [...steps] }, cache: { ttlSeconds: 1 } })
    const first = await post(t.url)
    expect(first).toMatchObject({ status: 200, headers: { 'x-cache': 'MISS' } })
    await expect.poll(async () => (await post(t.url)).headers['x-cache'], { timeout: 5_000, interval: 100 }).not.toBe('HIT')
    const reply = await post(t.url)
    if (steps[0] === 'cache') {
      expect(reply).toMatchObject({ status: 200, headers: { 'x-cache': 'STALE', 'x-gauntlet-degraded': 'cache' } })
      expect(reply.text).toContain('big')
      expect(t.second.seen).toHaveLength(0)
    } else expect(reply).toMatchObject({ status: 200, headers: { 'x-gauntlet-degraded': 'cheaper-model' } })
  }
})

test('an answer of the cheaper model is not kept as one of the asked model', async () => {
  await using t = await setup([failing(1)], { ...cheaper, cache: {} })
  expect(await post(t.url)).toMatchObject({ headers: { 'x-gauntlet-degraded': 'cheaper-model' } })
  expect(await post(t.url)).toMatchObject({ status: 200, text: completion('big'), headers: { 'x-cache': 'MISS' } })
})
