import { expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import type { ConfigInput } from '../config.ts'
import { answerJson, chatBody, completion, contentOf, errorOf, fakeUpstream, open, post, read, startGateway, testConfig } from '../test-support.ts'
import type { Handler } from '../test-support.ts'
import { answerStream, chunk, sse } from '../test-support.ts'

const vectors = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"tiny","usage":{"prompt_tokens":1,"total_tokens":1}}'
const either: Handler = (response, { request }) => answerJson(response, request.url === '/v1/embeddings' ? vectors : completion('hi'))
const chain = [{ upstream: 'up1', model: 'tiny' }]
const embed = async (url: string, body: unknown) => read(await open(`${url}/v1/embeddings`, body).response)

test.each(['openai-compatible', 'ollama', 'vllm'] as const)('an upstream with the engine %s answers whole and in a stream', async (engine) => {
  await using up = await fakeUpstream((response, seen, nth) => {
    if (seen.body.includes('"stream":true')) answerStream(response, sse(chunk({ content: 'hi' }), chunk({}, 'stop'), '[DONE]')).end()
    else either(response, seen, nth)
  })
  await using gw = await startGateway({ ...testConfig([]), upstreams: { up1: { baseURL: up.baseURL, engine } }, models: { chat: { chain } } })
  expect(await post(gw.url)).toMatchObject({ status: 200, text: completion('hi') })
  expect(contentOf((await post(gw.url, { ...chatBody, stream: true })).text)).toBe('hi')
})

test('an engine that nobody knows is refused with its path', () => {
  expect(() => parseConfig({ ...testConfig([]), models: {}, upstreams: { up1: { baseURL: 'http://127.0.0.1:1', engine: 'llamafile' as 'vllm' } } })).toThrow(/upstreams\.up1\.engine/)
})

test('upper and lower case are the same name; the answer and the list have the configured one', async () => {
  await using up = await fakeUpstream(either)
  await using gw = await startGateway(testConfig([up.baseURL], { models: { 'Llama-3.1:8B': { chain }, Ünïcode: { chain } } }))
  for (const model of ['Llama-3.1:8B', 'llama-3.1:8b', 'LLAMA-3.1:8B']) {
    expect(await post(gw.url, { ...chatBody, model })).toMatchObject({ status: 200, headers: { 'x-gauntlet-model': 'Llama-3.1:8B' } })
    expect(JSON.parse((await read(await open(`${gw.url}/v1/models/${model}`, undefined).response)).text)).toMatchObject({ id: 'Llama-3.1:8B' })
  }
  // A header cannot carry this name as it is, and must not fail of it.
  expect(await post(gw.url, { ...chatBody, model: 'üNÏCODE' })).toMatchObject({ status: 200, headers: { 'x-gauntlet-model': '%C3%9Cn%C3%AFcode' } })
  const list = JSON.parse((await read(await open(`${gw.url}/v1/models`, undefined).response)).text) as { data: { id: string }[] }
  expect(list.data.map(({ id }) => id)).toEqual(['Llama-3.1:8B', 'Ünïcode'])
  expect(up.seen.every(({ body }) => body.includes('"model":"tiny"'))).toBe(true)
})

test('two names that differ in case only are refused: which one was meant, nobody could say', () => {
  expect(() => parseConfig(testConfig(['http://127.0.0.1:1'], { models: { chat: { chain }, Chat: { chain } } }))).toThrow(/upper and lower case/)
})

/** What a model cannot do, what is asked of it, and what the caller is told. */
const refusals: [string, NonNullable<ConfigInput['models']>[string], 'chat' | 'embeddings', Record<string, unknown>, Record<string, unknown>][] = [
  ['a stream of a model that cannot', { chain, streaming: false }, 'chat', { ...chatBody, stream: true }, { code: 'unsupported_value', param: 'stream' }],
  ['chat with a model for embeddings', { chain, kind: 'embeddings' }, 'chat', chatBody, { code: 'unsupported_value', param: 'model' }],
  ['embeddings of a model for chat', { chain, kind: 'chat' }, 'embeddings', { model: 'chat', input: 'x' }, { code: 'unsupported_value', param: 'model' }],
  ['a text far over the context window', { chain, contextWindow: 100 }, 'chat', { ...chatBody, messages: [{ role: 'user', content: 'word '.repeat(200) }] }, { code: 'context_length_exceeded', param: 'messages' }],
  ['texts in parts, together far over the context window', { chain, contextWindow: 100 }, 'chat', { ...chatBody, messages: [{ role: 'system', content: 'word '.repeat(90) }, { role: 'user', content: [{ type: 'text', text: 'word '.repeat(90) }] }] }, { code: 'context_length_exceeded', param: 'messages' }],
  ['an input far over the context window', { chain, contextWindow: 100 }, 'embeddings', { model: 'chat', input: ['x', 'word '.repeat(200)] }, { code: 'context_length_exceeded', param: 'input' }],
  ['more tokens than the context window has', { chain, contextWindow: 100 }, 'embeddings', { model: 'chat', input: Array(101).fill(7) }, { code: 'context_length_exceeded', param: 'input' }],
  ['more tokens in one of the inputs', { chain, contextWindow: 100 }, 'embeddings', { model: 'chat', input: [[1], Array(101).fill(7)] }, { code: 'context_length_exceeded', param: 'input' }],
]

test.each(refusals)('%s is a 400 that never reaches the upstream', async (_name, model, kind, body, error) => {
  await using up = await fakeUpstream(either)
  await using gw = await startGateway(testConfig([up.baseURL], { models: { chat: model } }))
  const reply = kind === 'chat' ? await post(gw.url, body) : await embed(gw.url, body)
  expect(reply.status).toBe(400)
  expect(errorOf(reply.text)).toMatchObject({ type: 'invalid_request_error', ...error })
  expect(up.seen).toHaveLength(0)
})

test.each(refusals)('nothing configured of the model: %s is for the upstream to say', async (_name, _model, kind, body) => {
  await using up = await fakeUpstream((response) => answerJson(response, '{"error":{"message":"no","type":"invalid_request_error"}}', 422))
  await using gw = await startGateway(testConfig([up.baseURL], { models: { chat: { chain } } }))
  expect(kind === 'chat' ? await post(gw.url, body) : await embed(gw.url, body)).toMatchObject({ status: 422 })
  expect(up.seen).toHaveLength(1)
})

test.each([
  ['the text may just fit', { ...chatBody, messages: [{ role: 'user', content: 'word '.repeat(150) }] }],
  ['the length is an image\'s', { ...chatBody, messages: [{ role: 'user', content: [{ type: 'text', text: 'what is it?' }, { type: 'image_url', image_url: { url: `data:image/png;base64,${'A'.repeat(50_000)}` } }] }] }],
  ['a field of another route is in the body', { ...chatBody, input: Array(500).fill(7) }],
])('a prompt is not refused by its length when %s', async (_name, body) => {
  await using up = await fakeUpstream(either)
  await using gw = await startGateway(testConfig([up.baseURL], { models: { chat: { chain, contextWindow: 100 } } }))
  expect(await post(gw.url, body)).toMatchObject({ status: 200 })
})

test('each of several inputs has the whole context window', async () => {
  await using up = await fakeUpstream(either)
  await using gw = await startGateway(testConfig([up.baseURL], { models: { chat: { chain, contextWindow: 100 } } }))
  expect(await embed(gw.url, { model: 'chat', input: Array(50).fill('word '.repeat(100)), messages: 'none' })).toMatchObject({ status: 200 })
  expect(await embed(gw.url, { model: 'chat', input: Array(100).fill(7) })).toMatchObject({ status: 200 })
})
