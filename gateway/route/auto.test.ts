import { expect, test } from 'vitest'
import type { ConfigInput } from '../config.ts'
import { answerJson, answerStream, chatBody, chunk, completion, errorOf, fakeUpstream, logLines, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'
import type { AutoConfig } from './auto.ts'

const ok: Handler = (response, { request, body }) => {
  if (request.url === '/v1/embeddings') answerJson(response, '{"data":[{"index":0,"embedding":[1]}]}')
  else if (body.includes('"stream":true')) answerStream(response, sse(chunk({ content: 'hi' }), chunk({}, 'stop'), '[DONE]')).end()
  else answerJson(response, completion('hi'))
}
/** So many tokens that no machine is too slow for what is configured. */
const long: Handler = (response) => answerJson(response, completion('hi').replace('"completion_tokens":1', '"completion_tokens":100000'))
const on = (upstream: string, rest: object = {}) => ({ chain: [{ upstream, model: 'tiny' }], ...rest })

/** One is best at each thing, and `cheap` is first. */
const trio: NonNullable<ConfigInput['models']> = {
  cheap: on('up1', { price: { inputPerMillion: 0.1, outputPerMillion: 0.2 }, tokensPerSecond: 60, quality: 1 }),
  quick: on('up2', { price: { inputPerMillion: 2, outputPerMillion: 4 }, tokensPerSecond: 300, quality: 2 }),
  clever: on('up3', { price: { inputPerMillion: 10, outputPerMillion: 30 }, tokensPerSecond: 40, quality: 9 }),
}
const candidates = ['cheap', 'quick', 'clever']

async function setup(auto: Partial<AutoConfig>, models = trio, handlers: readonly Handler[] = [ok, ok, ok], overrides: Overrides = {}) {
  const ups = await Promise.all(handlers.map(fakeUpstream))
  const log = logLines()
  const gw = await startGateway(testConfig(ups.map(({ baseURL }) => baseURL), { models, auto: { candidates, ...auto }, ...overrides }), { logTo: log })
  return { url: gw.url, ups, log, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    for (const up of ups) await up[Symbol.asyncDispose]()
  } }
}
const ask = async (url: string, body: Record<string, unknown> = {}) => post(url, { ...chatBody, model: 'auto', ...body })
const chosen = async (url: string, body?: Record<string, unknown>) => (await ask(url, body)).headers['x-gauntlet-model']
const hard = { messages: [{ role: 'user', content: '```\nwhy?\n```' }], tools: [{ type: 'function', function: { name: 'f' } }] }
const harder = { ...hard, messages: [...hard.messages, { role: 'user', content: 'word '.repeat(400) }] }

test.each([
  ['cost', 'cheap'],
  ['speed', 'quick'],
  ['quality', 'clever'],
] as const)('policy %s takes %s, however hard the prompt, and says so', async (policy, model) => {
  await using t = await setup({ policy }, trio, [long, long, long], { log: { level: 'info' } })
  for (const body of [{}, hard]) expect(await chosen(t.url, body)).toBe(model)
  expect(t.ups[candidates.indexOf(model)]?.seen).toHaveLength(2)
  await expect.poll(() => t.log.of('request').map((line) => line['model'])).toEqual([model, model])
})

test('policy balanced: the harder the prompt, the cleverer the model', async () => {
  await using t = await setup({ policy: 'balanced' })
  expect(await chosen(t.url)).not.toBe('clever')
  expect(await chosen(t.url, harder)).toBe('clever')
})

test('the same request gets the same model, and equals keep the order of the config', async () => {
  const same = on('up1')
  await using t = await setup({ policy: 'balanced' }, trio, [long, long, long])
  const first = await chosen(t.url)
  for (let n = 0; n < 5; n++) expect(await chosen(t.url)).toBe(first)
  await using equal = await setup({ candidates: ['b', 'a'], policy: 'cost' }, { a: same, b: on('up2') })
  for (let n = 0; n < 3; n++) expect(await chosen(equal.url)).toBe('b')
})

test('a model without a price is not taken for the cheapest, nor one without a quality for the best', async () => {
  for (const policy of ['cost', 'quality'] as const) {
    await using t = await setup({ policy, candidates: ['unknown', 'cheap'] }, { ...trio, unknown: on('up2') })
    expect(await chosen(t.url)).toBe('cheap')
  }
})

test('speed is what was seen of late: a model that became slow is left for the next, and asked again when that is forgotten', async () => {
  let slow = true
  const sluggish: Handler = (response, seen, nth) => void setTimeout(() => ok(response, seen, nth), slow ? 150 : 0)
  const pair = { first: on('up1', { tokensPerSecond: 10_000 }), second: on('up2', { tokensPerSecond: 5_000 }) }
  await using t = await setup({ policy: 'speed', candidates: ['first', 'second'], forgetMs: 600 }, pair, [sluggish, ok])
  for (const stream of [false, true]) {
    slow = true
    expect(await chosen(t.url, { stream })).toBe('first')
    expect(await chosen(t.url, { stream })).toBe('second')
    slow = false
    // What is waited for is the gateway's clock.
    await expect.poll(async () => chosen(t.url, { stream }), { timeout: 3_000, interval: 50 }).toBe('first')
  }
})

test.each([
  ['a stream', { plain: on('up1', { price: { inputPerMillion: 0, outputPerMillion: 0 }, streaming: false }) }, { stream: true }],
  ['chat', { plain: on('up1', { price: { inputPerMillion: 0, outputPerMillion: 0 }, kind: 'embeddings' }) }, {}],
  ['a prompt that may be too long', { plain: on('up1', { price: { inputPerMillion: 0, outputPerMillion: 0 }, contextWindow: 100 }) }, { messages: [{ role: 'user', content: 'word '.repeat(100) }] }],
  ['an answer that may be too long', { plain: on('up1', { price: { inputPerMillion: 0, outputPerMillion: 0 }, contextWindow: 100 }) }, { max_tokens: 200 }],
] satisfies [string, NonNullable<ConfigInput['models']>, Record<string, unknown>][])('a candidate that is no good for %s is left out, of the fallback as well', async (_name, models, body) => {
  await using t = await setup({ policy: 'cost', candidates: ['plain', 'quick'] }, { ...trio, ...models }, [ok, (response) => answerJson(response, '{}', 503), ok], { retry: false })
  expect((await ask(t.url, body)).status).toBe(503)
  expect(t.ups[0]?.seen).toHaveLength(0)
  expect(t.ups[1]?.seen).toHaveLength(1)
})

test('when every window is too small by the likely count only, the prompt is asked all the same', async () => {
  await using t = await setup({ candidates: ['small'] }, { small: on('up1', { contextWindow: 100 }) })
  expect(await chosen(t.url, { messages: [{ role: 'user', content: 'word '.repeat(100) }] })).toBe('small')
})

test.each([
  ['too long for all of them', { small: on('up1', { contextWindow: 10 }) }, { messages: [{ role: 'user', content: 'word '.repeat(100) }] }, 'context_length_exceeded'],
  ['a stream that none of them can give', { small: on('up1', { streaming: false }) }, { stream: true }, 'unsupported_value'],
] satisfies [string, NonNullable<ConfigInput['models']>, Record<string, unknown>, string][])('%s is a 400 in the name of auto', async (_name, models, body, code) => {
  await using t = await setup({ candidates: ['small'] }, models)
  const reply = await ask(t.url, body)
  expect(reply.status).toBe(400)
  expect(errorOf(reply.text)).toMatchObject({ code, message: expect.stringContaining("'auto'") as string })
  expect(t.ups[0]?.seen).toHaveLength(0)
})

test('when the chosen model fails, the next best answers: its name, and its price', async () => {
  const fail: Handler = (response) => answerJson(response, '{}', 500)
  await using t = await setup({ policy: 'cost' }, trio, [fail, ok, ok], { retry: false, log: { level: 'info' } })
  expect(await ask(t.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-model': 'quick', 'x-gauntlet-upstream': 'up2', 'x-gauntlet-attempts': '2' } })
  await expect.poll(() => t.log.of('request')).toMatchObject([{ model: 'quick', cost: (1 * 2 + 1 * 4) / 1_000_000, failures: ['up1: GW_ERR_UPSTREAM_ERROR 500'] }])
})

test('all candidates failed is the last failure, never a 200', async () => {
  await using t = await setup({ policy: 'cost' }, trio, [500, 502, 503].map((status) => (response) => answerJson(response, '{}', status)), { retry: false })
  expect(await ask(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-attempts': '3', 'x-gauntlet-model': 'clever' } })
})

test('a place that two candidates share is asked once', async () => {
  await using t = await setup({ candidates: ['a', 'b'] }, { a: on('up1'), b: { chain: [{ upstream: 'up1', model: 'tiny' }, { upstream: 'up2', model: 'tiny' }] } }, [500, 503].map((status) => (response) => answerJson(response, '{}', status)), { retry: false })
  expect(await ask(t.url)).toMatchObject({ status: 503, headers: { 'x-gauntlet-attempts': '2' } })
})

test('auto is listed, answers to any case, and may have another name', async () => {
  await using t = await setup({ name: 'Best' })
  expect(await chosen(t.url, { model: 'bEST' })).toBeDefined()
  expect(await ask(t.url)).toMatchObject({ status: 404 })
  const list = JSON.parse((await read(await open(`${t.url}/v1/models`, undefined).response)).text) as { data: { id: string }[] }
  expect(list.data.map(({ id }) => id)).toEqual([...candidates, 'Best'])
  expect(await read(await open(`${t.url}/v1/models/best`, undefined).response)).toMatchObject({ status: 200 })
})

test('embeddings may be left to auto as well', async () => {
  await using t = await setup({ policy: 'cost', candidates: ['talk', 'vectors'] }, { talk: on('up1', { kind: 'chat' }), vectors: on('up2', { kind: 'embeddings' }) })
  expect(await read(await open(`${t.url}/v1/embeddings`, { model: 'auto', input: 'x' }).response)).toMatchObject({ status: 200, headers: { 'x-gauntlet-model': 'vectors' } })
})

test('a model that was asked for by name is that model', async () => {
  await using t = await setup({ policy: 'cost' })
  expect(await chosen(t.url, { model: 'clever' })).toBe('clever')
})

test('switched off, auto is a model that does not exist, and is not listed', async () => {
  await using up = await fakeUpstream(ok)
  await using gw = await startGateway(testConfig([up.baseURL]))
  expect(await ask(gw.url)).toMatchObject({ status: 404 })
  expect((await read(await open(`${gw.url}/v1/models`, undefined).response)).text).not.toContain('auto')
  expect(up.seen).toHaveLength(0)
})
