import { expect, test } from 'vitest'
import { answerStream, chatBody, chunk, dataOf, fakeUpstream, post, sse, startGateway, testConfig } from '../test-support.ts'
import type { Handler, Overrides } from '../test-support.ts'

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string; readonly reasoning?: string } }[]
}

async function start(handler: Handler, output: Overrides['output']) {
  const stack = new AsyncDisposableStack()
  const up = stack.use(await fakeUpstream(handler))
  const gw = stack.use(await startGateway(testConfig([up.baseURL], { output })))
  return { gw, [Symbol.asyncDispose]: async () => stack.disposeAsync() }
}

const chunksOf = (text: string): Chunk[] => dataOf(text).filter((data) => data !== '[DONE]').map((data) => JSON.parse(data) as Chunk)
const chunkOf = (choices: readonly object[]): string => JSON.stringify({ ...JSON.parse(chunk({})), choices })
const streaming = { ...chatBody, stream: true }
const counting = { ...streaming, stream_options: { include_usage: true } }
/** What the gateway makes of the length of a request. */
const promptTokens = (body: unknown): number => Math.ceil(JSON.stringify(body).length / 4)

test('a stream that is cut before the upstream has counted ends with an estimate, where the caller asked for one', async () => {
  await using t = await start((response) => answerStream(response, sse(chunk({ content: 'abc' }), chunk({ content: 'def' }))), { maxChars: 5 })
  const counted = chunksOf((await post(t.gw.url, counting)).text)
  const prompt = promptTokens(counting)
  expect(counted).toHaveLength(3)
  expect(counted.at(-1)).toEqual({ ...JSON.parse(chunk({})), choices: [], usage: { prompt_tokens: prompt, completion_tokens: 2, total_tokens: prompt + 2 } })
  expect(chunksOf((await post(t.gw.url, streaming)).text)).toEqual(counted.slice(0, 2))
})

test('the estimate of a stream that is cut counts what all choices showed, what was held back included', async () => {
  const choices = (content: string) => [0, 1].map((index) => ({ index, delta: { content, reasoning: 'hmm 4111' } }))
  const body = { ...counting, n: 2 }
  await using t = await start((response) => answerStream(response, sse(chunkOf(choices('abc 41')), chunkOf(choices('11 defgh')))), { maxChars: 8, redact: ['card'] })
  const counted = chunksOf((await post(t.gw.url, body)).text)
  const texts = counted.flatMap((one) => one.choices).map(({ delta }) => `${delta.content ?? ''}${delta.reasoning ?? ''}`).join('')
  expect(texts).toHaveLength(2 * 8 + 4 * 8)
  expect(counted.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: promptTokens(body), completion_tokens: 12 } })
})

test('a stream that is not cut, or cut in one choice only, has the count of its upstream and no other', async () => {
  const usage = '{"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":8,"total_tokens":15}}'
  await using t = await start((response, { body }) => {
    const texts = body.includes('"n":2') ? ['abcdef', 'x'] : ['abc']
    const pieces = [texts.map((content, index) => ({ index, delta: { content } })), texts.map((_text, index) => ({ index, finish_reason: 'stop' }))]
    answerStream(response, sse(...pieces.map((choices) => chunkOf(choices)), usage, '[DONE]')).end()
  }, { maxChars: 5 })
  for (const body of [counting, { ...counting, n: 2 }]) {
    const told = dataOf((await post(t.gw.url, body)).text)
    expect(told.filter((data) => data.includes('"usage":{'))).toEqual([usage])
    expect(told.slice(-2)).toEqual([usage, '[DONE]'])
  }
})
