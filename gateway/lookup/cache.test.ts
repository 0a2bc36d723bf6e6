import OpenAI from 'openai'
import { afterEach, expect, test, vi } from 'vitest'
import { answerJson, answerStream, callerKey, chatBody, chunk, completion, contentOf, dataOf, fakeUpstream, open, post, read, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

const otherKey = 'caller-key-canary-2'
const thirdKey = 'caller-key-canary-3'
const keys = [{ id: 'caller', key: callerKey }, { id: 'other', key: otherKey }, { id: 'colleague', tenant: 'caller', key: thirdKey }]

/** A gateway whose upstream says `answer 1`, `answer 2` …, or what the handler says. */
async function start(overrides: Overrides = { cache: {} }, handler?: Handler) {
  const up = await fakeUpstream(handler ?? ((response, _seen, nth) => answerJson(response, completion(`answer ${nth}`))))
  const gw = await startGateway(testConfig([up.baseURL], { keys, retry: false, ...overrides }))
  const ask = async (body: unknown = chatBody, headers: Record<string, string> = {}) => {
    const { status, headers: { 'x-cache': cache, age }, text, whole } = await post(gw.url, body, { headers })
    return { status, cache, age, text, whole }
  }
  return { up, gw, ask, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

const streaming = { ...chatBody, stream: true }
const words = [chunk({ role: 'assistant', content: '' }), chunk({ content: 'two  blanks\n\n' }), chunk({ content: ' 世界 data: [DONE]' }), chunk({}, 'stop')]

afterEach(() => {
  vi.useRealTimers()
})

test('a kept answer is the same bytes and says that it is kept', async () => {
  // Numbers that would come back changed from parsing and writing.
  const answer = completion('hi').replace('"created":1', '"created":1.0,"serial":12345678901234567890')
  await using t = await start(undefined, (response) => answerJson(response, `${answer}\n`))
  expect(await t.ask()).toMatchObject({ status: 200, cache: 'MISS', age: undefined, text: `${answer}\n` })
  const hit = await post(t.gw.url)
  expect(hit).toMatchObject({ status: 200, headers: { 'x-cache': 'HIT', 'x-gauntlet-attempts': '0', 'content-type': 'application/json; charset=utf-8' } })
  expect(hit.text).toBe(`${answer.slice(0, -1)},"cached":true}`)
  expect(hit.headers['x-gauntlet-upstream']).toBeUndefined()
  expect(t.up.seen).toHaveLength(1)
})

const tool = { type: 'function', function: { name: 'f', parameters: {} } }
test.each<[string, unknown]>([
  ['the text', { ...chatBody, messages: [{ role: 'user', content: 'hello!' }] }],
  ['a system prompt', { ...chatBody, messages: [{ role: 'system', content: 'x' }, ...chatBody.messages] }],
  ['temperature', { ...chatBody, temperature: 0.5 }],
  ['top_p', { ...chatBody, top_p: 0.5 }],
  ['seed', { ...chatBody, seed: 7 }],
  ['n', { ...chatBody, n: 2 }],
  ['max_tokens', { ...chatBody, max_tokens: 9 }],
  ['stop', { ...chatBody, stop: ['x'] }],
  ['tools', { ...chatBody, tools: [tool] }],
  ['response_format', { ...chatBody, response_format: { type: 'json_object' } }],
  ['logit_bias', { ...chatBody, logit_bias: { 5: 1 } }],
  ['an unknown field', { ...chatBody, top_k: 4 }],
  ['another model', { ...chatBody, model: 'chain' }],
])('%s is part of the key', async (_name, changed) => {
  await using t = await start()
  await t.ask()
  expect(await t.ask(changed)).toMatchObject({ status: 200, cache: 'MISS', text: completion('answer 2') })
  expect(await t.ask(changed)).toMatchObject({ cache: 'HIT' })
  expect(await t.ask()).toMatchObject({ cache: 'HIT', text: expect.stringContaining('answer 1') as string })
})

test('seeds that JSON.parse cannot tell apart are', async () => {
  await using t = await start()
  const withSeed = (seed: string) => `{"model":"chat","messages":[{"role":"user","content":"hello"}],"seed":${seed}}`
  await t.ask(withSeed('9007199254740992'))
  expect(await t.ask(withSeed('9007199254740993'))).toMatchObject({ cache: 'MISS' })
})

test.each([
  ['key order and blanks', ' { "temperature": 1,\n "messages": [ {"content":"hello","role":"user"} ], "model":"chat" } '],
  ['number spelling', '{"model":"chat","messages":[{"role":"user","content":"hello"}],"temperature":1.0}'],
  ['string spelling', String.raw`{"model":"chat","messages":[{"role":"user","content":"h\u0065llo"}],"temperature":1}`],
  ['the model name\'s case', '{"model":"CHAT","messages":[{"role":"user","content":"hello"}],"temperature":1}'],
  ['who asks', '{"model":"chat","messages":[{"role":"user","content":"hello"}],"temperature":1,"user":"u","safety_identifier":"s","metadata":{"a":"b"},"store":false,"prompt_cache_key":"k"}'],
  ['a stream that is not wanted', '{"model":"chat","messages":[{"role":"user","content":"hello"}],"temperature":1,"stream":false}'],
])('%s is not part of the key', async (_name, spelled) => {
  await using t = await start()
  await t.ask({ ...chatBody, temperature: 1 })
  expect(await t.ask(spelled)).toMatchObject({ cache: 'HIT' })
})

test('tenants never see each other\'s answers; keys of one tenant do', async () => {
  await using t = await start()
  await t.ask()
  expect(await t.ask(chatBody, { 'x-api-key': otherKey })).toMatchObject({ cache: 'MISS', text: completion('answer 2') })
  expect(await t.ask(chatBody, { 'x-api-key': thirdKey })).toMatchObject({ cache: 'HIT', text: expect.stringContaining('answer 1') as string })
})

test('embeddings are kept, by encoding', async () => {
  await using t = await start(undefined, (response) => answerJson(response, '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,1]}]}'))
  const ask = async (body: object) => (await read(await open(`${t.gw.url}/v1/embeddings`, { model: 'chat', input: 'x', ...body }).response)).headers['x-cache']
  expect([await ask({}), await ask({}), await ask({ encoding_format: 'base64' }), await ask({ input: ['x'] })]).toEqual(['MISS', 'HIT', 'MISS', 'MISS'])
})

const choice = (fields: object) => JSON.stringify({ choices: [{ index: 0, message: { role: 'assistant', content: 'half' }, ...fields }] })
test.each<[string, Handler]>([
  ['an error', (response) => answerJson(response, '{"error":{"message":"no"}}', 500)],
  ['a 200 with an error', (response) => answerJson(response, '{"error":{"message":"no"}}')],
  ['a 200 with HTML', (response) => response.end('<html>')],
  ['a cut body', (response) => {
    response.writeHead(200, { 'content-length': '999' }).write('{')
    response.socket?.end()
  }],
  ['an answer without its end', (response) => answerJson(response, choice({ finish_reason: null }))],
  ['a filtered answer', (response) => answerJson(response, choice({ finish_reason: 'content_filter' }))],
  ['an answer that the engine gave up', (response) => answerJson(response, choice({ finish_reason: 'abort' }))],
  ['a choice with an error', (response) => answerJson(response, choice({ finish_reason: 'stop', error: { code: 502 } }))],
  ['a large answer', (response) => answerJson(response, completion('x'.repeat(2_000)))],
])('%s is not kept', async (_name, handler) => {
  await using t = await start({ cache: { maxAnswerBytes: 1_000 } }, (response, seen, nth) => (nth === 1 ? handler(response, seen, nth) : answerJson(response, completion('whole'))))
  await t.ask()
  expect(await t.ask()).toMatchObject({ status: 200, cache: 'MISS', text: completion('whole') })
  expect(await t.ask()).toMatchObject({ cache: 'HIT' })
})

test('fewer embeddings than were asked for are not kept', async () => {
  await using t = await start(undefined, (response) => answerJson(response, '{"data":[{"embedding":[1]}]}'))
  const ask = async () => (await read(await open(`${t.gw.url}/v1/embeddings`, { model: 'chat', input: ['x', 'y'] }).response)).headers['x-cache']
  expect([await ask(), await ask()]).toEqual(['MISS', 'MISS'])
})

test('a kept stream is the same frames, [DONE] once', async () => {
  await using t = await start(undefined, (response) => answerStream(response, `: ping\n\n${sse(...words, '[DONE]')}`).end())
  const first = await t.ask(streaming)
  const second = await post(t.gw.url, streaming)
  expect(first).toMatchObject({ cache: 'MISS', whole: true })
  expect(second).toMatchObject({ status: 200, whole: true, text: first.text, headers: { 'x-cache': 'HIT', age: '0', 'content-type': 'text/event-stream; charset=utf-8' } })
  expect(dataOf(second.text)).toEqual([...words, '[DONE]'])
  expect(t.up.seen).toHaveLength(1)
})

test('the usage chunk comes only to who asked for it, and a JSON answer is not made from a stream', async () => {
  const usage = '{"id":"c1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}'
  await using t = await start(undefined, (response, { body }) => {
    const { stream, stream_options: options } = JSON.parse(body) as { stream?: boolean; stream_options?: object }
    if (stream !== true) answerJson(response, completion('json'))
    else answerStream(response, sse(...words, ...(options === undefined ? [] : [usage]), '[DONE]')).end()
  })
  const counted = { ...streaming, stream_options: { include_usage: true } }
  for (const cache of ['MISS', 'HIT']) {
    const [plain, withUsage, json] = [await t.ask(streaming), await t.ask(counted), await t.ask()]
    expect([plain.cache, withUsage.cache, json.cache]).toEqual([cache, cache, cache])
    expect(plain.text).not.toContain('"usage"')
    expect(dataOf(withUsage.text)).toEqual([...words, usage, '[DONE]'])
    expect(json.text).toContain('"json"')
  }
  expect(t.up.seen).toHaveLength(3)
})

test('the official SDK reads kept answers of both kinds', async () => {
  await using t = await start(undefined, (response, { body }) => {
    if (body.includes('"stream":true')) answerStream(response, sse(...words, '[DONE]')).end()
    else answerJson(response, completion('hello'))
  })
  const client = new OpenAI({ baseURL: `${t.gw.url}/v1`, apiKey: callerKey, maxRetries: 0 })
  const ask = { model: 'chat', messages: [{ role: 'user' as const, content: 'hi' }] }
  for (const cache of ['MISS', 'HIT']) {
    const { data, response } = await client.chat.completions.create(ask).withResponse()
    expect([response.headers.get('x-cache'), data.choices[0]?.message.content]).toEqual([cache, 'hello'])
    const final = await client.chat.completions.stream(ask).finalMessage()
    expect(final).toMatchObject({ role: 'assistant', content: 'two  blanks\n\n 世界 data: [DONE]' })
  }
  expect(t.up.seen).toHaveLength(2)
})

test.each<[string, Handler]>([
  ['cut', (response) => answerStream(response, sse(...words.slice(0, 2))).write('x', () => response.socket?.resetAndDestroy())],
  ['ended without its finish', (response) => answerStream(response, sse(...words.slice(0, 2))).end()],
  ['broken by an error event', (response) => answerStream(response, sse(...words.slice(0, 2), '{"error":{"message":"boom"}}')).end()],
  ['filtered', (response) => answerStream(response, sse(...words.slice(0, 2), chunk({}, 'content_filter'), '[DONE]')).end()],
  ['too large', (response) => answerStream(response, sse(words[0] ?? '', chunk({ content: 'x'.repeat(2_000) }), chunk({}, 'stop'), '[DONE]')).end()],
])('a stream that is %s is not kept', async (_name, handler) => {
  await using t = await start({ cache: { maxAnswerBytes: 1_500 } }, (response, seen, nth) => {
    if (nth === 1) handler(response, seen, nth)
    else answerStream(response, sse(...words, '[DONE]')).end()
  })
  await t.ask(streaming)
  expect(await t.ask(streaming)).toMatchObject({ cache: 'MISS', whole: true })
  expect(await t.ask(streaming)).toMatchObject({ cache: 'HIT', whole: true })
})

test('a stream whose caller left is not kept', async () => {
  await using t = await start(undefined, (response, _seen, nth) => {
    const begun = answerStream(response, sse(...words.slice(0, 2)))
    if (nth > 1) begun.end(sse(...words.slice(2), '[DONE]'))
  })
  const { request, response } = open(`${t.gw.url}/v1/chat/completions`, streaming)
  for await (const bytes of await response.then((head) => head.iterator({ destroyOnReturn: false }))) if (String(bytes).includes('blanks')) break
  request.destroy()
  expect(await t.up.seen[0]?.closed).toBe(false)
  const second = await t.ask(streaming)
  expect(second).toMatchObject({ cache: 'MISS', whole: true })
  expect(contentOf(second.text)).toBe('two  blanks\n\n 世界 data: [DONE]')
})

test('Cache-Control: no-store neither reads nor writes, no-cache and max-age=0 read nothing but renew', async () => {
  await using t = await start()
  expect(await t.ask(chatBody, { 'cache-control': 'private, no-store' })).toMatchObject({ cache: 'BYPASS', text: completion('answer 1') })
  expect(await t.ask()).toMatchObject({ cache: 'MISS', text: completion('answer 2') })
  expect(await t.ask(chatBody, { 'cache-control': 'No-Store' })).toMatchObject({ cache: 'BYPASS', text: completion('answer 3') })
  expect(await t.ask(chatBody, { 'cache-control': 'no-cache' })).toMatchObject({ cache: 'BYPASS', text: completion('answer 4') })
  expect(await t.ask()).toMatchObject({ cache: 'HIT', text: expect.stringContaining('answer 4') as string })
  expect(await t.ask(chatBody, { 'cache-control': 'max-age=0' })).toMatchObject({ cache: 'BYPASS', text: completion('answer 5') })
  expect(await t.ask()).toMatchObject({ cache: 'HIT', text: expect.stringContaining('answer 5') as string })
})

test('a completion that the upstream is to store is always the upstream\'s own', async () => {
  await using t = await start()
  for (const answer of ['answer 1', 'answer 2']) expect(await t.ask({ ...chatBody, store: true })).toMatchObject({ cache: 'BYPASS', text: completion(answer) })
})

test('an answer has an age, and a caller may want a younger one', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  await using t = await start({ cache: { ttlSeconds: 60 } })
  await t.ask()
  vi.setSystemTime(Date.now() + 30_500)
  expect(await t.ask()).toMatchObject({ cache: 'HIT', age: '30' })
  expect(await t.ask(chatBody, { 'cache-control': 'max-age=31' })).toMatchObject({ cache: 'HIT' })
  expect(await t.ask(chatBody, { 'cache-control': 'max-age=29' })).toMatchObject({ cache: 'MISS', text: completion('answer 2') })
  vi.setSystemTime(Date.now() + 61_000)
  expect(await t.ask()).toMatchObject({ cache: 'MISS', text: completion('answer 3') })
})

test('`auto` shares answers with those who name the model; what another model answered in its place is not kept', async () => {
  const models = { big: { chain: [{ upstream: 'up1', model: 'b' }], quality: 9 }, small: { chain: [{ upstream: 'up1', model: 's' }], quality: 1 } }
  let bigFails = true
  await using t = await start({ cache: {}, models, auto: { policy: 'quality', candidates: ['big', 'small'] } }, (response, { body }) => {
    const { model } = JSON.parse(body) as { model: string }
    if (model === 'b' && bigFails) answerJson(response, '{"error":{"message":"no"}}', 500)
    else answerJson(response, completion(model))
  })
  const auto = { ...chatBody, model: 'auto' }
  expect(await t.ask(auto)).toMatchObject({ cache: 'MISS', text: completion('s') })
  bigFails = false
  expect(await t.ask(auto)).toMatchObject({ cache: 'MISS', text: completion('b') })
  expect(await t.ask({ ...chatBody, model: 'big' })).toMatchObject({ cache: 'HIT' })
  expect(await t.ask({ ...chatBody, model: 'small' })).toMatchObject({ cache: 'MISS' })
})

test('past its time an answer is there for the degradation ladder, and for nothing else', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  let up = true
  await using t = await start({ cache: { ttlSeconds: 60 }, degrade: { steps: ['cache'] } }, (response) => (up ? answerJson(response, completion('old')) : answerJson(response, '{}', 500)))
  await t.ask()
  vi.setSystemTime(Date.now() + 90_000)
  expect(await t.ask()).toMatchObject({ cache: 'MISS', text: completion('old') })
  vi.setSystemTime(Date.now() + 90_000)
  up = false
  expect(await t.ask()).toMatchObject({ status: 200, cache: 'STALE', age: '90', text: expect.stringContaining('"cached":true') as string })
  expect(await t.ask(chatBody, { 'cache-control': 'no-cache' })).toMatchObject({ status: 500 })
})

test('an answer is kept as the output check left it, and not when that cut it off', async () => {
  const leak = 'sk-live1234567890abcdefghijklmnop'
  await using t = await start({ cache: {}, output: { maxChars: 60 } }, (response, { body }) => {
    const text = body.includes('long') ? 'x'.repeat(100) : leak
    if (body.includes('"stream":true')) answerStream(response, sse(chunk({ content: text }), chunk({}, 'stop'), '[DONE]')).end()
    else answerJson(response, completion(text))
  })
  for (const stream of [false, true]) {
    for (const cache of ['MISS', 'HIT']) {
      const clean = await t.ask({ ...chatBody, stream })
      expect(clean).toMatchObject({ status: 200, cache, whole: true })
      expect(clean.text).not.toContain(leak)
    }
    const long = { ...chatBody, messages: [{ role: 'user', content: 'long' }], stream }
    for (let nth = 0; nth < 2; nth++) expect(await t.ask(long)).toMatchObject({ status: 200, cache: 'MISS', whole: true })
  }
})

test('a body too deep to compare is served all the same', async () => {
  await using t = await start()
  const deep = `{"model":"chat","messages":[{"role":"user","content":"hello"}],"x":${'['.repeat(1_000)}${']'.repeat(1_000)}}`
  for (let nth = 1; nth <= 2; nth++) expect(await t.ask(deep)).toMatchObject({ status: 200, cache: 'BYPASS', text: completion(`answer ${nth}`) })
})

test('switched off, every request reaches the upstream', async () => {
  await using t = await start({ cache: false })
  for (let nth = 1; nth <= 3; nth++) expect(await t.ask()).toMatchObject({ cache: undefined, text: completion(`answer ${nth}`) })
})
