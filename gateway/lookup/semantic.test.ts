import { expect, test } from 'vitest'
import { keepLog } from '../observe/test-support.ts'
import type { GatewayOptions } from '../server.ts'
import { answerJson, answerStream, callerKey, chunk, completion, dataOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

const otherKey = 'caller-key-canary-2'

/** The cosine between two words of this language is the cosine of their angles, in degrees. */
const angles: Record<string, number> = { cat: 0, kitten: 18, lynx: 18.5, dog: 90, 'a\ncat': 0 }
const embedding: Handler = (response, { body }) => {
  const { input } = JSON.parse(body) as { input: string }
  const angle = ((angles[input.replaceAll(/ ?\d+/g, '')] ?? 45) / 180) * Math.PI
  answerJson(response, JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding: [3 * Math.cos(angle), 3 * Math.sin(angle)] }] }))
}

async function start(semantic: object | false = {}, embed = embedding, overrides: Overrides = {}, log?: GatewayOptions) {
  const up = await fakeUpstream((response, seen, nth) => {
    if (seen.request.url === '/v1/embeddings') embed(response, seen, nth)
    else if (seen.body.includes('"stream":true')) answerStream(response, sse(...words, '[DONE]')).end()
    else answerJson(response, completion((JSON.parse(seen.body) as { messages: { content: string }[] }).messages.map(({ content }) => JSON.stringify(content)).join()))
  })
  const gw = await startGateway(testConfig([up.baseURL], {
    keys: [{ id: 'caller', key: callerKey }, { id: 'other', key: otherKey }],
    models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }] }, vectors: { chain: [{ upstream: 'up1', model: 'minilm' }] } },
    retry: false,
    cache: { semantic: semantic === false ? false : { model: 'vectors', ...semantic } },
    ...overrides,
  }), log)
  return {
    up,
    gw,
    ask: async (body: object, headers: Record<string, string> = {}) => {
      const { status, headers: { 'x-cache': cache }, text } = await post(gw.url, body, { headers })
      return { status, cache, text }
    },
    embeddings: () => up.seen.filter(({ request }) => request.url === '/v1/embeddings'),
    async [Symbol.asyncDispose]() {
      await gw[Symbol.asyncDispose]()
      await up[Symbol.asyncDispose]()
    },
  }
}

const words = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'meow' }), chunk({}, 'stop')]
const about = (content: unknown, rest: object = {}) => ({ model: 'chat', messages: [{ role: 'user', content }], ...rest })

test('other words for the same get the kept answer; the exact cache comes first and asks for no embedding', async () => {
  await using t = await start()
  expect(await t.ask(about('cat'))).toMatchObject({ cache: 'MISS' })
  expect(await t.ask(about('cat'))).toMatchObject({ cache: 'HIT' })
  expect(t.embeddings()).toHaveLength(1)
  const similar = await t.ask(about('kitten'))
  expect(similar.cache).toBe('SEMANTIC-HIT')
  expect(JSON.parse(similar.text)).toMatchObject({ choices: [{ message: { content: '"cat"' } }], cached: true })
  expect(t.embeddings().map(({ body }) => JSON.parse(body) as unknown)).toEqual(['cat', 'kitten'].map((input) => ({ model: 'minilm', input })))
})

test('0.951 is the same, 0.948 is not', async () => {
  await using t = await start()
  await t.ask(about('cat'))
  expect(await t.ask(about('kitten'))).toMatchObject({ cache: 'SEMANTIC-HIT' })
  expect(await t.ask(about('lynx'))).toMatchObject({ cache: 'MISS' })
  expect(await t.ask(about('dog'))).toMatchObject({ cache: 'MISS' })
})

test('another tenant\'s question is never the same, not even in the same words', async () => {
  await using t = await start()
  await t.ask(about('cat'))
  for (const word of ['cat', 'kitten']) expect(await t.ask(about(word), { 'x-api-key': otherKey })).toMatchObject({ cache: word === 'cat' ? 'MISS' : 'SEMANTIC-HIT' })
  expect(t.up.seen.filter(({ request }) => request.url === '/v1/chat/completions')).toHaveLength(2)
})

const user = (content: string) => ({ role: 'user', content })
test.each<[string, object]>([
  ['model', about('kitten', { model: 'vectors' })],
  ['temperature', about('kitten', { temperature: 0.5 })],
  ['tools', about('kitten', { tools: [{ type: 'function', function: { name: 'f' } }] })],
  ['unknown field', about('kitten', { top_k: 3 })],
  ['person', about('kitten', { user: 'u2' })],
  ['system prompt', about('', { messages: [{ role: 'system', content: 'Answer in French.' }, user('kitten')] })],
  ['earlier message', about('', { messages: [user('hi'), { role: 'assistant', content: 'hello' }, user('kitten')] })],
  ['picture', about([{ type: 'text', text: 'kitten' }, { type: 'image_url', image_url: { url: 'data:,' } }])],
  ['kind of answer', about('kitten', { stream: true })],
  ['number', about('kitten 3')],
])('another %s makes another question', async (_name, body) => {
  await using t = await start()
  await t.ask(about('cat'))
  expect(await t.ask(about('kitten'))).toMatchObject({ cache: 'SEMANTIC-HIT' })
  expect(await t.ask(body)).toMatchObject({ status: 200, cache: 'MISS' })
})

test('the same numbers, and text in parts, are compared as the words they are', async () => {
  await using t = await start()
  await t.ask(about('cat 7'))
  expect(await t.ask(about('kitten 7'))).toMatchObject({ cache: 'SEMANTIC-HIT' })
  await t.ask(about([{ type: 'text', text: 'cat' }]))
  expect(await t.ask(about([{ type: 'text', text: 'kitten' }]))).toMatchObject({ cache: 'SEMANTIC-HIT' })
})

test('a body that parsers may read in two ways is not compared by its words', async () => {
  await using t = await start()
  await t.ask(about('cat'))
  const twice = await post(t.gw.url, '{"model":"chat","messages":[{"role":"user","content":"dog","content":"kitten"}]}')
  expect(twice).toMatchObject({ status: 200, headers: { 'x-cache': 'MISS' } })
  expect(t.embeddings()).toHaveLength(1)
})

test('a conversation that ends with a tool has nothing to compare', async () => {
  await using t = await start()
  const messages = [user('cat'), { role: 'assistant', content: null, tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: '{}' } }] }, { role: 'tool', tool_call_id: '1', content: 'x' }]
  expect(await t.ask(about('', { messages }))).toMatchObject({ status: 200, cache: 'MISS' })
  expect(t.embeddings()).toHaveLength(0)
})

test('streams are found by meaning as well', async () => {
  await using t = await start()
  await t.ask(about('cat', { stream: true }))
  const similar = await t.ask(about('kitten', { stream: true }))
  expect(similar.cache).toBe('SEMANTIC-HIT')
  expect(dataOf(similar.text)).toEqual([...words, '[DONE]'])
})

test.each<[string, Handler]>([
  ['fails', (response) => answerJson(response, '{"error":{"message":"no"}}', 500)],
  ['is refused', (response) => answerJson(response, '{"error":{"message":"too long"}}', 400)],
  ['is never answered', () => {}],
  ['has no numbers', (response) => answerJson(response, '{"data":[{"embedding":["x"]}]}')],
  ['has no length', (response) => answerJson(response, '{"data":[{"embedding":[0,0]}]}')],
  ['is empty', (response) => answerJson(response, '{"data":[{}]}')],
])('an embedding that %s is a miss, and in time', async (_name, embed) => {
  await using t = await start({ timeoutMs: 100 }, embed)
  const started = performance.now()
  expect(await t.ask(about('cat'))).toMatchObject({ status: 200, cache: 'MISS' })
  expect(performance.now() - started).toBeLessThan(2_000)
  expect(await t.ask(about('kitten'))).toMatchObject({ status: 200, cache: 'MISS' })
  expect(await t.ask(about('cat'))).toMatchObject({ cache: 'HIT' })
})

test('an answer that was not kept is found by no words', async () => {
  await using t = await start({}, embedding, { cache: { maxAnswerBytes: 10, semantic: { model: 'vectors' } } })
  await t.ask(about('cat'))
  expect(await t.ask(about('kitten'))).toMatchObject({ cache: 'MISS' })
})

test('words whose answer has been pushed out are forgotten', async () => {
  await using t = await start({}, embedding, { cache: { maxEntries: 1, semantic: { model: 'vectors' } } })
  await t.ask(about('cat'))
  await t.ask(about('dog'))
  expect(await t.ask(about('kitten'))).toMatchObject({ cache: 'MISS' })
})

test('embeddings are not looked for by meaning', async () => {
  await using t = await start()
  for (const input of ['cat', 'kitten']) {
    const reply = await read(await open(`${t.gw.url}/v1/embeddings`, { model: 'vectors', input }).response)
    expect(reply).toMatchObject({ status: 200, headers: { 'x-cache': 'MISS' } })
  }
  expect(t.embeddings()).toHaveLength(2)
})

test('switched off, nothing is embedded and only the same words are the same', async () => {
  await using t = await start(false)
  await t.ask(about('cat'))
  expect(await t.ask(about('kitten'))).toMatchObject({ cache: 'MISS' })
  expect(t.embeddings()).toHaveLength(0)
})

/** Of 7 tokens, for 0.07. */
const paid: Overrides = {
  models: { chat: { chain: [{ upstream: 'up1', model: 'tiny' }], price: { inputPerMillion: 0, outputPerMillion: 0 } }, vectors: { chain: [{ upstream: 'up1', model: 'minilm' }], price: { inputPerMillion: 10_000, outputPerMillion: 0 } } },
}
const counted: Handler = (response) => answerJson(response, '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,0]}],"usage":{"prompt_tokens":7,"total_tokens":7}}')

test('an embedding is charged to the key whose request asked for it, whatever it finds; a spent budget asks for none', async () => {
  // Two tokens for the answer, and seven for each look-up.
  await using t = await start({}, counted, { budgets: { keys: { caller: { tokensPerDay: 16 } }, reserveTokens: 0 } })
  const left = async (content: string, headers: Record<string, string> = {}) => {
    const reply = await post(t.gw.url, about(content), { headers })
    return [reply.status, reply.headers['x-cache'], reply.headers['x-gauntlet-budget-remaining-tokens']]
  }
  expect(await left('cat')).toEqual([200, 'MISS', '16'])
  expect(await left('cat')).toEqual([200, 'HIT', '7'])
  expect(await left('kitten')).toEqual([200, 'SEMANTIC-HIT', '7'])
  expect(await left('lynx')).toEqual([429, undefined, '0'])
  expect(t.embeddings()).toHaveLength(2)
  expect(await left('dog', { 'x-api-key': otherKey })).toEqual([200, 'MISS', undefined])
})

test('an embedding spends a budget of money, and one without a count is estimated', async () => {
  await using money = await start({}, counted, { ...paid, budgets: { perKey: { costPerDay: 0.14 }, reserveTokens: 0 } })
  expect([(await money.ask(about('cat'))).status, (await money.ask(about('dog'))).status, (await money.ask(about('cat'))).status]).toEqual([200, 200, 429])
  await using t = await start({}, embedding, { budgets: { perKey: { tokensPerDay: 100 }, reserveTokens: 0 } })
  await t.ask(about('cat'))
  const { headers } = await post(t.gw.url, about('cat'))
  expect(headers['x-gauntlet-budget-remaining-tokens']).toBe(String(100 - 2 - Math.ceil('{"model":"vectors","input":"cat"}'.length / 4)))
})

test('an embedding that fails costs nothing', async () => {
  await using t = await start({}, (response) => answerJson(response, '{"error":{"message":"no"}}', 500), { budgets: { perKey: { tokensPerDay: 100 }, reserveTokens: 0 } })
  await t.ask(about('cat'))
  expect((await post(t.gw.url, about('dog'))).headers['x-gauntlet-budget-remaining-tokens']).toBe('98')
})

test('embeddings are in the metrics under their own model, and in the line of the request that asked', async () => {
  const log = keepLog()
  await using t = await start({}, counted, { ...paid, metrics: { perKey: true }, log: { level: 'info' } }, log)
  await t.ask(about('cat'))
  expect(await log.next('request')).toMatchObject({ tokens: { prompt: 1, completion: 1 }, cost: 0, overhead: [{ model: 'vectors', usage: { prompt: 7, completion: 0, estimated: false }, cost: 0.07 }] })
  const metrics = (await read(await open(`${t.gw.url}/metrics`, undefined).response)).text
  expect(metrics).toContain('gen_ai_client_token_usage_sum{gen_ai_operation_name="embeddings",gen_ai_request_model="vectors",gen_ai_token_type="input"} 7\n')
  expect(metrics).toContain('gateway_cost_total{model="vectors"} 0.07\n')
  expect(metrics).toContain('gateway_key_tokens_total{key="caller",type="input"} 8\n')
  expect(metrics).toContain('gateway_key_cost_total{key="caller"} 0.07\n')
})
