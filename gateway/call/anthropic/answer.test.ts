import { expect, test } from 'vitest'
import { completionOf } from './answer.ts'
import { message, violations } from './test-messages.ts'

const scrub = (text: string): string => text.replaceAll('secret', '…')
const answer = (text: string): Record<string, unknown> => completionOf(Buffer.from(text), scrub).json
const text = (value: string) => ({ type: 'text', text: value })
const tool = (id: string, input: unknown) => ({ type: 'tool_use', id, name: 'weather', input })

test('text becomes a completion with every field of the strict schema, and its bytes are that', () => {
  const before = Math.floor(Date.now() / 1000)
  const { text: sent, json } = completionOf(Buffer.from(message([text('Hel'), text('lo 世界')])), scrub)
  expect(JSON.parse(sent)).toEqual(json)
  expect(violations('ChatCompletion', json)).toEqual([])
  expect(json).toEqual({
    id: 'chatcmpl-msg_01XFDUDYJgAACzvnptvVoYEL',
    object: 'chat.completion',
    created: expect.any(Number) as number,
    model: 'claude-tiny',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello 世界', refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2_095, completion_tokens: 503, total_tokens: 2_598, prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 } },
  })
  expect(json['created']).toBeGreaterThanOrEqual(before)
})

test('calls of tools keep their ids, and their arguments are JSON again', () => {
  const json = answer(message([text('let me see'), tool('toolu_1', { city: 'Bern' }), tool('toolu_2', {})], 'tool_use'))
  expect(violations('ChatCompletion', json)).toEqual([])
  expect(json['choices']).toMatchObject([{
    finish_reason: 'tool_calls',
    message: { content: 'let me see', tool_calls: [
      { id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern"}' } },
      { id: 'toolu_2', type: 'function', function: { name: 'weather', arguments: '{}' } },
    ] },
  }])
})

test.each([
  ['only a call of a tool', [tool('toolu_1', {})], null],
  ['nothing', [], ''],
  ['thoughts and blocks nobody knows', [{ type: 'thinking', thinking: 'hm', signature: 'x' }, { type: 'redacted_thinking', data: 'x' }, { type: 'server_tool_use', id: 's' }, text('a')], 'a'],
])('%s: the content is %j', (_name, blocks, content) => {
  expect(answer(message(blocks))).toMatchObject({ choices: [{ message: { content } }] })
})

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
  ['a_reason_of_next_year', 'stop'],
])('%s is %s', (reason, finish) => {
  const json = answer(message([text('a')], reason))
  expect(json).toMatchObject({ choices: [{ finish_reason: finish }] })
  expect(violations('ChatCompletion', json)).toEqual([])
})

test('cached tokens are part of the prompt, thoughts are part of the completion', () => {
  const usage = { input_tokens: 3, cache_read_input_tokens: 40, cache_creation_input_tokens: 500, output_tokens: 20, output_tokens_details: { thinking_tokens: 9 } }
  const json = answer(message([text('a')], 'end_turn', { usage }))
  expect(json['usage']).toEqual({
    prompt_tokens: 543,
    completion_tokens: 20,
    total_tokens: 563,
    prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 500 },
    completion_tokens_details: { reasoning_tokens: 9 },
  })
  expect(violations('ChatCompletion', json)).toEqual([])
})

test('no usage is no usage, not zero tokens', () => {
  expect(answer(message([text('a')], 'end_turn', { usage: undefined }))).not.toHaveProperty('usage')
})

test.each([
  ['no JSON', '<html>'],
  ['no object', '[]'],
  ['an empty object', '{}'],
  ["an answer in OpenAI's dialect", '{"id":"c","model":"m","choices":[{"message":{"content":"hi"}}]}'],
  ['no stop reason', message([text('a')], null)],
  ['no id', message([text('a')], 'end_turn', { id: undefined })],
  ['no list of blocks', message([], 'end_turn', { content: 'a' })],
])('%s is a bad answer', (_name, body) => {
  expect(() => answer(body)).toThrow(expect.objectContaining({ kind: 'bad-answer' }))
})

test('an error in place of a message keeps its text, scrubbed', () => {
  expect(() => answer('{"type":"error","error":{"type":"api_error","message":"the secret is out"}}')).toThrow(expect.objectContaining({ kind: 'error-event', message: 'the … is out', type: 'server_error' }))
})
