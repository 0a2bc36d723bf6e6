import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parseConfig } from '../config.ts'
import { Trace } from '../observe/trace.ts'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, errorOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides, Reply } from '../test-support.ts'
import type { Turn } from '../turn.ts'
import type { Amount, BudgetStore } from './budget-store.ts'
import { budgetsConfig, createBudgets } from './budget.ts'

const keys = [{ id: 'caller', key: callerKey }, { id: 'other', key: 'caller-key-canary-2' }]
const asOther = { headers: { 'x-api-key': 'caller-key-canary-2' } }
/** Two tokens, by the upstream's count. */
const ok: Handler = (response) => answerJson(response, completion('hi'))
const left = ({ headers }: Reply): unknown => headers['x-gauntlet-budget-remaining-tokens']

async function start(budgets: Overrides['budgets'], handler: Handler = ok, overrides: Overrides = {}) {
  const stack = new AsyncDisposableStack()
  const up = stack.use(await fakeUpstream(handler))
  const { url } = stack.use(await startGateway(testConfig([up.baseURL], { keys, retry: false, breaker: false, budgets, ...overrides })))
  return { up, url, [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

function priced(price: { inputPerMillion: number; outputPerMillion: number }): Overrides {
  return { models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], price } } }
}

function expectSpent(reply: Reply): void {
  expect(reply.status).toBe(429)
  expect(errorOf(reply.text)).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' })
  const untilMidnight = (86_400_000 - (Date.now() % 86_400_000)) / 1_000
  expect(Math.abs(Number(reply.headers['retry-after']) - untilMidnight)).toBeLessThan(5)
}

test('tokens are spent to the last one, with what is left on every answer; then it is 429 until midnight and the upstream is not asked', async () => {
  await using t = await start({ perKey: { tokensPerDay: 6 } })
  const replies = [await post(t.url), await post(t.url), await post(t.url)]
  expect(replies.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(replies.map(left)).toEqual(['6', '4', '2'])
  const refused = await post(t.url)
  expectSpent(refused)
  expect(left(refused)).toBe('0')
  expect(t.up.seen).toHaveLength(3)
})

test('each key has its own budget, all have one together, and a key may have another one', async () => {
  await using t = await start({ perKey: { tokensPerDay: 4 }, global: { tokensPerDay: 9 } })
  expect([left(await post(t.url)), left(await post(t.url))]).toEqual(['4', '2'])
  expectSpent(await post(t.url))
  expect([left(await post(t.url, chatBody, asOther)), left(await post(t.url, chatBody, asOther))]).toEqual(['4', '2'])
  expectSpent(await post(t.url, chatBody, asOther))
  await using more = await start({ perKey: { tokensPerDay: 4 }, global: { tokensPerDay: 9 }, keys: { other: {} } })
  expect([left(await post(more.url)), left(await post(more.url)), left(await post(more.url, chatBody, asOther))]).toEqual(['4', '2', '5'])
  await post(more.url, chatBody, asOther)
  await post(more.url, chatBody, asOther)
  expectSpent(await post(more.url, chatBody, asOther))
  expect(more.up.seen).toHaveLength(5)
})

test('no tokens at all are a budget too', async () => {
  await using t = await start({ perKey: { tokensPerDay: 0 } })
  expectSpent(await post(t.url))
  expect(t.up.seen).toHaveLength(0)
})

test('money is counted in whole millionths: ten answers of 0.1 spend a budget of 1, which they do not as floats', async () => {
  expect(Array.from({ length: 10 }, () => 0.1).reduce((sum, cost) => sum + cost)).toBeLessThan(1)
  await using t = await start({ perKey: { costPerDay: 1 }, reserveTokens: 0 }, ok, priced({ inputPerMillion: 25_000, outputPerMillion: 75_000 }))
  for (let nth = 0; nth < 10; nth++) {
    const reply = await post(t.url)
    expect([reply.status, left(reply)]).toEqual([200, undefined])
  }
  expectSpent(await post(t.url))
  expect(t.up.seen).toHaveLength(10)
})

test('answers of less than a millionth are not free', async () => {
  await using t = await start({ perKey: { costPerDay: 0.000_003 }, reserveTokens: 0 }, ok, priced({ inputPerMillion: 0.01, outputPerMillion: 0.01 }))
  for (let nth = 0; nth < 3; nth++) expect(await post(t.url)).toMatchObject({ status: 200 })
  expectSpent(await post(t.url))
})

test('a budget of money needs a price for every model, and says so', () => {
  const config = (overrides: Overrides) => () => parseConfig(testConfig(['http://127.0.0.1:1/v1'], { ...priced({ inputPerMillion: 0, outputPerMillion: 0 }), ...overrides }))
  const unpriced = testConfig(['http://127.0.0.1:1/v1']).models
  expect(config({ budgets: { perKey: { costPerDay: 1 } }, models: unpriced })).toThrow(/models\.chat\.price: needed[^]*models\.chain\.price: needed/)
  expect(config({ budgets: { keys: { caller: { costPerDay: 1 } } }, models: unpriced })).toThrow('models.chat.price')
  expect(config({ budgets: { perKey: { tokensPerDay: 1 } }, models: unpriced })).not.toThrow()
  expect(config({ budgets: { perKey: { costPerDay: 1 } } })).not.toThrow()
})

test('50 streams at once against a budget for one: one reaches the upstream, the others learn that it may come back', async () => {
  const held: ServerResponse[] = []
  await using t = await start({ perKey: { tokensPerDay: 40 } }, (response) => held.push(answerStream(response, sse(chunk({ content: 'a' })))))
  const body = { ...chatBody, stream: true }
  const asked = Array.from({ length: 50 }, async () => open(`${t.url}/v1/chat/completions`, body).response)
  const responses = await Promise.all(asked)
  expect(t.up.seen).toHaveLength(1)
  const let_in = responses.filter(({ statusCode }) => statusCode === 200)
  const refused = await Promise.all(responses.filter(({ statusCode }) => statusCode === 429).map(read))
  expect([let_in.length, refused.length]).toEqual([1, 49])
  for (const reply of refused) {
    expect(reply.headers).toMatchObject({ 'retry-after': '1', 'x-gauntlet-budget-remaining-tokens': '0' })
    expect(errorOf(reply.text)).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' })
  }
  held[0]?.end(sse(chunk({}, 'stop'), '{"choices":[],"usage":{"prompt_tokens":20,"completion_tokens":10}}', '[DONE]'))
  for (const response of let_in) expect(await read(response)).toMatchObject({ whole: true })
  expect(left(await read(await open(`${t.url}/v1/chat/completions`, body).response.then((response) => response.destroy())))).toBe('10')
})

test('a request sets aside what it asks for: as many run side by side as fit', async () => {
  const held: ServerResponse[] = []
  await using t = await start({ perKey: { tokensPerDay: 1_000 } }, (response, seen, nth) => (nth <= 20 ? held.push(response) : ok(response, seen, nth)))
  // The prompt is a quarter of the body's length: 30 tokens and 10 for the answer, twice.
  const body = JSON.stringify({ ...chatBody, max_completion_tokens: 10, n: 2 }).padEnd(120)
  const statuses: number[] = []
  const asked = Array.from({ length: 30 }, async () => statuses.push((await post(t.url, body)).status))
  await vi.waitFor(() => expect(statuses).toEqual(Array.from({ length: 10 }, () => 429)))
  await t.up.calls(20)
  for (const response of held) answerJson(response, completion('hi'))
  await Promise.all(asked)
  expect(statuses.slice(10)).toEqual(Array.from({ length: 20 }, () => 200))
  expect(left(await post(t.url, body))).toBe('960')
})

test.each([
  ['an error of the upstream', (response) => answerJson(response, '{"error":{"message":"no"}}', 500), 500],
  ['a reset', (response) => response.socket?.resetAndDestroy(), 502],
] satisfies [string, Handler, number][])('%s costs nothing and gives back what was set aside', async (_name, handler, status) => {
  await using t = await start({ perKey: { tokensPerDay: 10 } }, handler)
  for (let nth = 0; nth < 3; nth++) {
    const reply = await post(t.url)
    expect([reply.status, left(reply)]).toEqual([status, '10'])
  }
})

// The body has 40 tokens by estimate; the texts that come have 4 characters for each token.
const promptTokens = 40
const streamed = JSON.stringify({ ...chatBody, stream: true }).padEnd(promptTokens * 4)

test.each([
  ['content', [chunk({ content: 'a'.repeat(40) }), chunk({ content: 'b'.repeat(40) })], 20],
  ['thoughts', [chunk({ content: 'a' }), chunk({ reasoning_content: 'b'.repeat(39) }), chunk({ reasoning: 'c'.repeat(40) })], 20],
  ['a tool call', [chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f'.repeat(8), arguments: '{' } }] }), chunk({ tool_calls: [{ index: 0, function: { arguments: 'x'.repeat(31) } }] })], 10],
  ['its usage', [chunk({ content: 'a'.repeat(40) }), '{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}'], 7 - promptTokens],
])('a stream that broke off is charged for what came: %s', async (_name, events, answerTokens) => {
  await using t = await start({ perKey: { tokensPerDay: 1_000 }, reserveTokens: 100 }, (response) => answerStream(response, sse(...events)).socket?.end())
  expect(await post(t.url, streamed)).toMatchObject({ status: 200, whole: false })
  const next = await post(t.url, streamed)
  expect(left(next)).toBe(String(1_000 - promptTokens - answerTokens))
})

test('a caller that leaves in the middle of a stream is charged for what came', async () => {
  await using t = await start({ perKey: { tokensPerDay: 1_000 }, reserveTokens: 100 }, (response) => answerStream(response, sse(chunk({ content: 'a'.repeat(40) }))))
  const asked = open(`${t.url}/v1/chat/completions`, streamed)
  asked.request.on('error', () => {})
  const response = await asked.response
  response.on('error', () => {})
  await once(response, 'data')
  asked.request.destroy()
  expect(await t.up.seen[0]?.closed).toBe(false)
  // Until the gateway has noticed as well, what was set aside is 140 instead of 50.
  await vi.waitFor(async () => {
    const probe = open(`${t.url}/v1/chat/completions`, streamed)
    probe.request.on('error', () => {})
    const { headers } = await probe.response
    probe.request.destroy()
    expect(Number(headers['x-gauntlet-budget-remaining-tokens'])).toBe(950)
  })
})

test('a caller that leaves before anything came costs nothing', async () => {
  let silent = true
  await using t = await start({ perKey: { tokensPerDay: 10 } }, (...args) => silent || ok(...args))
  const asked = open(`${t.url}/v1/chat/completions`, chatBody)
  asked.request.on('error', () => {})
  await t.up.calls(1)
  asked.request.destroy()
  await t.up.seen[0]?.closed
  silent = false
  // Until the gateway has noticed, everything is set aside and nobody is let in.
  await vi.waitFor(async () => expect(left(await post(t.url))).toBe('10'))
  expect(t.up.seen).toHaveLength(2)
})

test('usage that nobody counted is estimated, and an embedding costs what went in', async () => {
  const body = JSON.stringify({ model: 'chat', input: 'x' }).padEnd(80)
  await using t = await start({ perKey: { tokensPerDay: 1_000 } }, (response) => answerJson(response, JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: Array.from({ length: 500 }, () => 0.123_456) }], model: 'tiny' })))
  const ask = async (): Promise<Reply> => read(await open(`${t.url}/v1/embeddings`, body).response)
  expect(left(await ask())).toBe('1000')
  expect(left(await ask())).toBe('980')
})

test('a kept answer costs nothing, a shared one costs once', async () => {
  await using kept = await start({ perKey: { tokensPerDay: 10 } }, ok, { cache: {} })
  expect([left(await post(kept.url)), left(await post(kept.url)), left(await post(kept.url))]).toEqual(['10', '8', '8'])
  expect(kept.up.seen).toHaveLength(1)
  let first: ServerResponse | undefined
  await using shared = await start({ perKey: { tokensPerDay: 100_000 } }, (response, seen, nth) => (nth === 1 ? (first = response) : ok(response, seen, nth)), { coalesce: true })
  const asked = Array.from({ length: 20 }, async () => post(shared.url))
  await shared.up.calls(1)
  if (first !== undefined) answerJson(first, completion('hi'))
  const replies = await Promise.all(asked)
  // Whoever came after the answer made a call of its own.
  const calls = shared.up.seen.length
  expect(replies.filter(({ headers }) => headers['x-cache'] === 'COALESCED')).toHaveLength(20 - calls)
  expect(left(await post(shared.url))).toBe(String(100_000 - 2 * calls))
})

test('an answer of the gateway\'s own costs nothing, one of a cheaper model costs its own price', async () => {
  const failing: Handler = (response, seen, nth) => (seen.body.includes('"tiny"') ? answerJson(response, '{}', 500) : ok(response, seen, nth))
  await using own = await start({ perKey: { tokensPerDay: 10 } }, failing, { degrade: { steps: ['static'], staticAnswer: 'Come back later.' } })
  for (let nth = 0; nth < 3; nth++) expect(await post(own.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-budget-remaining-tokens': '10' } })
  const models = {
    chat: { chain: [{ upstream: 'up1', model: 'tiny' }], cheaper: 'cheap', price: { inputPerMillion: 1_000_000, outputPerMillion: 1_000_000 } },
    cheap: { chain: [{ upstream: 'up1', model: 'small' }], price: { inputPerMillion: 25_000, outputPerMillion: 75_000 } },
  }
  await using t = await start({ perKey: { costPerDay: 0.3 }, reserveTokens: 0 }, failing, { models, degrade: { steps: ['cheaper-model'] } })
  for (let nth = 0; nth < 3; nth++) expect(await post(t.url)).toMatchObject({ status: 200, headers: { 'x-gauntlet-degraded': 'cheaper-model' } })
  expectSpent(await post(t.url))
})

test('a new day (UTC) is a new budget, and an answer belongs to the day on which it was asked for', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-02-28T23:59:58.500Z') })
  onTestFinished(() => void vi.useRealTimers())
  const held: ServerResponse[] = []
  let holding = false
  await using t = await start({ perKey: { tokensPerDay: 2 } }, (response, seen, nth) => (holding ? held.push(response) : ok(response, seen, nth)))
  expect(await post(t.url)).toMatchObject({ status: 200 })
  expect(await post(t.url)).toMatchObject({ status: 429, headers: { 'retry-after': '2' } })
  vi.setSystemTime(Date.parse('2026-03-01T00:00:00.000Z'))
  holding = true
  const late = post(t.url)
  await t.up.calls(2)
  vi.setSystemTime(Date.parse('2026-03-02T00:00:00.000Z'))
  for (const response of held) answerJson(response, completion('hi'))
  expect(await late).toMatchObject({ status: 200 })
  holding = false
  const first = await post(t.url)
  expect([first.status, left(first)]).toEqual([200, '2'])
  expect(await post(t.url)).toMatchObject({ status: 429, headers: { 'retry-after': '86400' } })
})

test('switched off, or without any limit: nothing is counted and nothing is said', async () => {
  for (const budgets of [false, {}, undefined] as const) {
    await using t = await start(budgets)
    for (let nth = 0; nth < 5; nth++) {
      const reply = await post(t.url)
      expect([reply.status, left(reply)]).toEqual([200, undefined])
    }
  }
})

test('a job that was put off asks again with the same trace, and pays for each look-up once', async () => {
  const settled: Amount[] = []
  const store: BudgetStore = { hold: () => ({ verdict: undefined, hold: { settle: (used) => void settled.push(used) } }) }
  const budgets = createBudgets(budgetsConfig.parse({ perKey: { tokensPerDay: 1 } }), store)
  const trace = new Trace()
  const tries = [1, 2].map(() => ({ trace, caller: { id: 'a' }, kind: 'embeddings', body: {}, call: { raw: '' }, model: {} }) as unknown as Turn)
  for (const [nth, turn] of tries.entries()) {
    await budgets.admit(turn)
    trace.overhead = [...(trace.overhead ?? []), { model: 'vectors', usage: { prompt: 7, completion: 0, estimated: false }, cost: 0.5 }]
    if (nth === 1) trace.usage = { prompt: 1, completion: 1, estimated: false }
    budgets.charge(turn)
  }
  expect(settled).toEqual([{ tokens: 7, cost: 500_000 }, { tokens: 9, cost: 500_000 }])
})
