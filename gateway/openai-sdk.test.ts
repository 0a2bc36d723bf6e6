import OpenAI, { APIError, AuthenticationError, NotFoundError, RateLimitError } from 'openai'
import { expect, test } from 'vitest'
import { answerJson, answerStream, callerKey, chunk, completion, fakeUpstream, sse, startGateway, testConfig } from './test-support.ts'
import type { Handler } from './test-support.ts'

async function start(handler: Handler, apiKey = callerKey) {
  const up = await fakeUpstream(handler)
  const gw = await startGateway(testConfig([up.baseURL], { retry: false }))
  const client = new OpenAI({ baseURL: `${gw.url}/v1`, apiKey, maxRetries: 0 })
  return { up, client, async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

const ask = { model: 'chat', messages: [{ role: 'user' as const, content: 'hi' }] }
const words: Handler = (response) => answerStream(response, sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'hello ' }), chunk({ content: '世界' }), chunk({}, 'stop'), '[DONE]')).end()

test('chat', async () => {
  await using t = await start((response) => answerJson(response, completion('hello')))
  const answer = await t.client.chat.completions.create(ask).withResponse()
  expect(answer.data.choices[0]?.message.content).toBe('hello')
  expect(answer.request_id).toMatch(/^req_/)
})

test('a stream, raw and through the helper', async () => {
  await using t = await start(words)
  let text = ''
  for await (const part of await t.client.chat.completions.create({ ...ask, stream: true })) text += part.choices[0]?.delta.content ?? ''
  expect(text).toBe('hello 世界')
  expect(await t.client.chat.completions.stream(ask).finalContent()).toBe('hello 世界')
})

test('embeddings arrive as the numbers that were sent', async () => {
  const numbers = [0.5, -1, 2]
  await using t = await start((response) => answerJson(response, JSON.stringify({ object: 'list', model: 'tiny', usage: { prompt_tokens: 1, total_tokens: 1 }, data: [{ object: 'embedding', index: 0, embedding: Buffer.from(new Float32Array(numbers).buffer).toString('base64') }] })))
  expect((await t.client.embeddings.create({ model: 'chat', input: 'x' })).data[0]?.embedding).toEqual(numbers)
})

test('models', async () => {
  await using t = await start(words)
  const names: string[] = []
  for await (const model of t.client.models.list()) names.push(model.id)
  expect(names).toEqual(['chat', 'chain'])
})

test('errors are of the right class and carry the request id', async () => {
  await using t = await start((response) => answerJson(response, '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}', 429, { 'retry-after': '9' }))
  await expect(t.client.chat.completions.create({ ...ask, model: 'nope' })).rejects.toThrow(NotFoundError)
  await expect(t.client.withOptions({ apiKey: 'wrong' }).chat.completions.create(ask)).rejects.toThrow(AuthenticationError)
  const limited = await t.client.chat.completions.create(ask).catch((error: unknown) => error)
  expect(limited).toBeInstanceOf(RateLimitError)
  expect(limited).toMatchObject({ code: 'rate_limit_exceeded', type: 'requests', requestID: expect.stringMatching(/^req_/) as string })
  expect((limited as RateLimitError).headers.get('retry-after')).toBe('9')
})

test('a stream that breaks is an exception for the SDK, raw and through the helper', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ role: 'assistant', content: '' }), chunk({ content: 'half' }))).write('x', () => response.socket?.resetAndDestroy()))
  let text = ''
  const failure = await (async () => {
    for await (const part of await t.client.chat.completions.create({ ...ask, stream: true })) text += part.choices[0]?.delta.content ?? ''
    return undefined
  })().catch((error: unknown) => error)
  expect(text).toBe('half')
  expect(failure).toBeInstanceOf(APIError)
  await expect(t.client.chat.completions.stream(ask).finalContent()).rejects.toThrow(/broke off/)
})
