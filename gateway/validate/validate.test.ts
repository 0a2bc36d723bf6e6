import { expect, test } from 'vitest'
import type { GatewayError } from '../errors.ts'
import { chatRequest, embeddingsRequest, validate } from './validate.ts'

const message = { role: 'user', content: 'hi' }

function refusalOf(json: unknown, schema: typeof chatRequest | typeof embeddingsRequest = chatRequest): GatewayError {
  try {
    validate(schema, { raw: '', json })
  } catch (error) {
    return error as GatewayError
  }
  throw new Error('not refused')
}

test('every field that is wrong is named, the first of them as `param`', () => {
  const error = refusalOf({ messages: [message, { role: 'robot', content: 'x' }, { content: 'x' }, { role: 'user', content: [{ type: 'text' }, { type: 5 }] }, { role: 'tool', content: 7 }], temperature: 3, stream: 'yes', stop: [1], logit_bias: { 50_256: 'a' } })
  expect(error.fields).toEqual([
    { field: 'model', message: "Missing required parameter: 'model'.", code: 'missing_required_parameter' },
    { field: 'messages[1].role', message: "Invalid value for 'messages[1].role': expected 'developer' | 'system' | 'user' | 'assistant' | 'tool' | 'function'.", code: 'invalid_value' },
    { field: 'messages[2].role', message: "Missing required parameter: 'messages[2].role'.", code: 'missing_required_parameter' },
    { field: 'messages[3].content[1].type', message: "Invalid value for 'messages[3].content[1].type': expected string.", code: 'invalid_type' },
    { field: 'messages[4].content', message: "Invalid value for 'messages[4].content': expected string or array.", code: 'invalid_type' },
    { field: 'messages[4].tool_call_id', message: "Missing required parameter: 'messages[4].tool_call_id'.", code: 'missing_required_parameter' },
    { field: 'stream', message: "Invalid value for 'stream': expected boolean.", code: 'invalid_type' },
    { field: 'temperature', message: "Invalid value for 'temperature': Too big: expected number to be <=2.", code: 'invalid_value' },
    { field: 'stop[0]', message: "Invalid value for 'stop[0]': expected string.", code: 'invalid_type' },
    { field: 'logit_bias.50256', message: "Invalid value for 'logit_bias.50256': expected number.", code: 'invalid_type' },
  ])
  expect(error).toMatchObject({ id: 'GW_ERR_INVALID_REQUEST', param: 'model', code: 'missing_required_parameter', message: "Missing required parameter: 'model'." })
})

test.each([
  [[], 'The body must be a JSON object.'],
  ['text', 'The body must be a JSON object.'],
  [null, 'The body must be a JSON object.'],
])('%j has no fields to name', (json, expected) => {
  expect(refusalOf(json)).toMatchObject({ message: expected, code: null, param: null, fields: [] })
})

test.each([
  [undefined, 'input', 'missing_required_parameter'],
  ['', 'input', 'invalid_value'],
  [[], 'input', 'invalid_value'],
  [5, 'input', 'invalid_type'],
  [['a', 1], 'input[1]', 'invalid_type'],
  [[1, 'a'], 'input[1]', 'invalid_type'],
  [[1, 1.5], 'input[1]', 'invalid_type'],
  [[[1], []], 'input[1]', 'invalid_type'],
  [[[1], ['a']], 'input[1]', 'invalid_type'],
])('%j is nothing to embed: %s, %s', (input, param, code) => {
  expect(refusalOf({ model: 'a', input }, embeddingsRequest)).toMatchObject({ param, code })
})

test.each([['text'], [['a', '']], [[1, 2]], [[[1], [2, 3]]]])('%j can be embedded', (input) => {
  expect(validate(embeddingsRequest, { raw: '', json: { model: 'a', input } }).input).toEqual(input)
})

const many = <T>(length: number, item: T): T[] => Array.from({ length }, () => item)
test.each([
  ['messages that are empty', { model: 'a', messages: many(300_000, {}) }, chatRequest],
  ['messages that are numbers', { model: 'a', messages: many(300_000, 1) }, chatRequest],
  ['parts', { model: 'a', messages: [{ role: 'user', content: many(300_000, {}) }] }, chatRequest],
  ['messages with wrong parts', { model: 'a', messages: many(2_000, { role: 'user', content: many(100, {}) }) }, chatRequest],
  ['stops', { model: 'a', messages: [message], stop: many(300_000, 1) }, chatRequest],
  ['tools', { model: 'a', messages: [message], tools: many(300_000, {}) }, chatRequest],
  ['tool calls', { model: 'a', messages: [{ role: 'assistant', tool_calls: many(300_000, {}) }] }, chatRequest],
  ['biases', { model: 'a', messages: [message], logit_bias: Object.fromEntries(many(80_000, 'a').map((value, index) => [index, value])) }, chatRequest],
  ['inputs', { model: 'a', input: many(300_000, null) }, embeddingsRequest],
  ['inputs of two kinds', { model: 'a', input: [...many(250_000, 'a'), 1] }, embeddingsRequest],
] as const)('a megabyte of wrong %s does not hold the event loop', (_name, json, schema) => {
  const before = process.cpuUsage()
  const { fields } = refusalOf(json, schema)
  const { user, system } = process.cpuUsage(before)
  expect(fields.length).toBeGreaterThan(0)
  expect(fields.length).toBeLessThanOrEqual(32)
  // `z.array` makes an issue per element and takes seconds.
  expect((user + system) / 1_000).toBeLessThan(1_000)
})

test('what was sent is nowhere in what is said about it', () => {
  const canary = 'canary-4711'
  const error = refusalOf({ model: canary, messages: [{ role: canary, content: canary }], stream: canary, n: canary, response_format: canary, tools: canary })
  expect(JSON.stringify([error.message, error.fields])).not.toContain(canary)
})
