import OpenAI, { APIError, BadRequestError, InternalServerError } from 'openai'
import type { RunnableToolFunctionWithoutParse } from 'openai/lib/RunnableFunction'
import { expect, test } from 'vitest'
import { answerJson, callerKey, fakeUpstream, startGateway } from '../../test-support.ts'
import type { Handler } from '../../test-support.ts'
import { answerEvents, ended, event, message, messagesConfig, overloaded, started, textBlock, toolBlock } from './test-messages.ts'

async function sdk(handler: Handler) {
  const up = await fakeUpstream(handler)
  const gw = await startGateway(messagesConfig([up.baseURL], { retry: false }))
  return { up, client: new OpenAI({ baseURL: `${gw.url}/v1`, apiKey: callerKey, maxRetries: 0 }), async [Symbol.asyncDispose]() {
    await gw[Symbol.asyncDispose]()
    await up[Symbol.asyncDispose]()
  } }
}

const ask = { model: 'chat', messages: [{ role: 'user' as const, content: 'weather in Bern?' }] }

test('the SDK reads an answer, a stream and its tokens', async () => {
  await using t = await sdk((response, { body }) => {
    if (body.includes('"stream":true')) answerEvents(response, started() + textBlock(0, 'hello ', '世界') + ended()).end()
    else answerJson(response, message([{ type: 'text', text: 'hello' }]))
  })
  const answer = await t.client.chat.completions.create(ask)
  expect(answer.choices[0]?.message.content).toBe('hello')
  expect(answer.usage).toMatchObject({ prompt_tokens: 2_095, completion_tokens: 503, total_tokens: 2_598 })
  let text = ''
  let tokens: number | undefined
  for await (const part of await t.client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } })) {
    text += part.choices[0]?.delta.content ?? ''
    tokens = part.usage?.total_tokens ?? tokens
  }
  expect([text, tokens]).toEqual(['hello 世界', 40])
  expect(await t.client.chat.completions.stream(ask).finalContent()).toBe('hello 世界')
})

test.each([false, true])('the SDK runs a tool and sends back what it found (stream: %j)', async (stream) => {
  await using t = await sdk((response, { body }, nth) => {
    const streamed = body.includes('"stream":true')
    if (nth === 1 && streamed) answerEvents(response, started() + textBlock(0, 'let me see') + toolBlock(1, 'toolu_1', 'weather', '', '{"city":', ' "Bern"}') + ended('tool_use')).end()
    else if (nth === 1) answerJson(response, message([{ type: 'text', text: 'let me see' }, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } }], 'tool_use'))
    else if (streamed) answerEvents(response, started() + textBlock(0, 'it rains') + ended()).end()
    else answerJson(response, message([{ type: 'text', text: 'it rains' }]))
  })
  const asked: unknown[] = []
  const weather: RunnableToolFunctionWithoutParse = { type: 'function', function: { name: 'weather', description: 'of a city', parameters: { type: 'object', properties: { city: { type: 'string' } } }, function: (args) => {
    asked.push(JSON.parse(args))
    return 'rain'
  } } }
  const run = stream ? t.client.chat.completions.runTools({ ...ask, stream, tools: [weather] }) : t.client.chat.completions.runTools({ ...ask, tools: [weather] })
  expect(await run.finalContent()).toBe('it rains')
  expect(asked).toEqual([{ city: 'Bern' }])
  expect(JSON.parse(t.up.seen[1]?.body ?? '')).toMatchObject({
    messages: [
      { role: 'user', content: 'weather in Bern?' },
      { role: 'assistant', content: [{ type: 'text', text: 'let me see' }, { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'rain' }] },
    ],
  })
})

test('the SDK sees errors of the right class', async () => {
  await using t = await sdk((response, _seen, nth) => {
    if (nth === 1) answerJson(response, JSON.stringify({ type: 'error', ...overloaded }), 529)
    else answerEvents(response, started() + textBlock(0, 'half') + event('error', overloaded)).end()
  })
  await expect(t.client.chat.completions.create({ ...ask, n: 3 })).rejects.toThrow(BadRequestError)
  const busy = await t.client.chat.completions.create(ask).catch((error: unknown) => error)
  expect(busy).toBeInstanceOf(InternalServerError)
  expect(busy).toMatchObject({ status: 503, code: 'server_is_overloaded' })
  const broken = t.client.chat.completions.stream(ask).finalContent()
  await expect(broken).rejects.toThrow(APIError)
  await expect(broken).rejects.toThrow(/Overloaded/)
})
