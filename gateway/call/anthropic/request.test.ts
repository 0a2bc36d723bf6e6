import { expect, test } from 'vitest'
import { UpstreamError } from '../../errors.ts'
import { chatRequest, validate } from '../../validate/validate.ts'
import { messagesRequest } from './request.ts'

const config = { version: '2023-06-01', maxTokens: 4_096 }
const hello = { role: 'user', content: 'hello' }

/** What a request that passed the gateway's own checks becomes. */
function sent(json: Record<string, unknown>): Record<string, unknown> {
  return messagesRequest(validate(chatRequest, { raw: JSON.stringify(json), json: { model: 'chat', messages: [hello], ...json } }), 'claude-tiny', config)
}

function refused(json: Record<string, unknown>): unknown {
  try {
    return sent(json)
  } catch (error) {
    return error
  }
}

test('the least request: the model of the chain, and the limit that is a must there', () => {
  expect(sent({})).toEqual({ model: 'claude-tiny', max_tokens: 4_096, messages: [hello] })
})

test.each([
  [{ max_tokens: 7 }, { max_tokens: 7 }],
  [{ max_completion_tokens: 8, max_tokens: 7 }, { max_tokens: 8 }],
  [{ temperature: 0 }, { temperature: 0 }],
  [{ temperature: 0.3 }, { temperature: 0.3 }],
  [{ temperature: 1 }, { temperature: 1 }],
  [{ temperature: 1.7 }, { temperature: 1 }],
  [{ top_p: 0.9 }, { top_p: 0.9 }],
  [{ top_p: 1 }, {}],
  [{ stop: 'END' }, { stop_sequences: ['END'] }],
  [{ stop: ['a', 'b'] }, { stop_sequences: ['a', 'b'] }],
  [{ stop: [] }, {}],
  [{ user: 'u-1' }, { metadata: { user_id: 'u-1' } }],
  [{ safety_identifier: 'u-2' }, { metadata: { user_id: 'u-2' } }],
  [{ stream: true, stream_options: { include_usage: true } }, { stream: true }],
  [{ stream: false }, {}],
  // What changes nothing in the answer is left out, as are values that ask for what comes anyway.
  [{ seed: 7, store: true, metadata: { a: 'b' }, service_tier: 'auto', reasoning_effort: 'low', verbosity: 'low', prediction: { type: 'content', content: 'x' }, prompt_cache_key: 'k', unheard_of: 1 }, {}],
  [{ n: 1, logprobs: false, top_logprobs: 0, presence_penalty: 0, frequency_penalty: 0, logit_bias: {}, response_format: { type: 'text' }, modalities: ['text'] }, {}],
  [{ n: null, temperature: null, top_p: null, stop: null, tools: null, response_format: null, audio: null, logit_bias: null, max_tokens: null, user: null }, {}],
])('%j becomes %j', (json, expected) => {
  expect(sent(json)).toEqual({ model: 'claude-tiny', max_tokens: 4_096, messages: [hello], ...expected })
})

test.each([
  ['n', { n: 2 }],
  ['logprobs', { logprobs: true }],
  ['top_logprobs', { top_logprobs: 3 }],
  ['presence_penalty', { presence_penalty: 0.1 }],
  ['frequency_penalty', { frequency_penalty: -1 }],
  ['logit_bias', { logit_bias: { 50256: -100 } }],
  ['response_format', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } }],
  ['response_format', { response_format: { type: 'json_object' } }],
  ['modalities', { modalities: ['text', 'audio'] }],
  ['audio', { audio: { voice: 'alloy', format: 'mp3' } }],
  ['web_search_options', { web_search_options: {} }],
  ['functions', { functions: [{ name: 'f' }] }],
  ['function_call', { function_call: 'auto' }],
  ['stop', { stop: '\n' }],
  ['tools[1].type', { tools: [{ type: 'function', function: { name: 'f' } }, { type: 'custom', custom: { name: 'g' } }] }],
  ['tool_choice', { tools: [{ type: 'function', function: { name: 'f' } }], tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } }],
  ['messages', { messages: [{ role: 'system', content: 'be brief' }] }],
  ['messages[0].role', { messages: [{ role: 'function', name: 'f', content: '1' }] }],
  ['messages[0].content[1].type', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }, { type: 'input_audio', input_audio: { data: '', format: 'wav' } }] }] }],
  ['messages[0].content[0].type', { messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: 'x' } }] }] }],
  ['messages[0].content[0].image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://example.org/a.png' } }] }] }],
  ['messages[0].content[0].image_url.url', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/svg+xml;base64,PHN2Zz4=' } }] }] }],
  ['messages[0].content[0].type', { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } }] }, hello] }],
  ['messages[1].audio', { messages: [hello, { role: 'assistant', audio: { id: 'a' } }] }],
  ['messages[1].function_call', { messages: [hello, { role: 'assistant', function_call: { name: 'f', arguments: '{}' } }] }],
  ['messages[1].tool_calls[0].type', { messages: [hello, { role: 'assistant', tool_calls: [{ id: 'c', type: 'custom', custom: { name: 'f', input: 'x' } }] }] }],
  ['messages[1].tool_calls[0].function.arguments', { messages: [hello, { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{"a":' } }] }] }],
  ['messages[1].tool_calls[0].function.arguments', { messages: [hello, { role: 'assistant', tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '[1]' } }] }] }],
])('%s is refused by name: the answer would silently be another', (param, json) => {
  const error = refused(json)
  expect(error).toBeInstanceOf(UpstreamError)
  expect(error).toMatchObject({ kind: 'unsupported', id: 'GW_ERR_INVALID_REQUEST', status: 400, code: 'unsupported_value', param })
})

test('system and developer messages become the system prompt, wherever they stand', () => {
  const messages = [{ role: 'system', content: 'be brief' }, hello, { role: 'developer', content: [{ type: 'text', text: 'be ' }, { type: 'text', text: 'kind' }] }, { role: 'assistant', content: 'hi' }, { role: 'system', content: '' }, { role: 'user', content: 'more' }]
  expect(sent({ messages })).toMatchObject({ system: 'be brief\nbe kind', messages: [hello, { role: 'assistant', content: 'hi' }, { role: 'user', content: 'more' }] })
})

test('text and image parts', () => {
  const content = [
    { type: 'text', text: 'look' },
    { type: 'text', text: '' },
    { type: 'image_url', image_url: { url: 'https://example.org/a.png', detail: 'low' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
  ]
  expect(sent({ messages: [{ role: 'user', content }] })['messages']).toEqual([{
    role: 'user',
    content: [
      { type: 'text', text: 'look' },
      { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
    ],
  }])
})

test('a turn of tools: calls parsed, results of one turn together, ids of other engines made acceptable', () => {
  const messages = [
    { role: 'user', content: 'weather?' },
    { role: 'assistant', content: 'let me see', tool_calls: [
      { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Bern","days":[1,2]}' } },
      { id: 'functions.clock:0', type: 'function', function: { name: 'clock', arguments: '' } },
    ] },
    { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
    { role: 'tool', tool_call_id: 'functions.clock:0', content: [{ type: 'text', text: 'noon' }] },
    { role: 'assistant', content: null, tool_calls: [{ id: 'call_2', type: 'function', function: { name: 'clock', arguments: '{}' } }] },
    { role: 'tool', tool_call_id: 'call_2', content: '' },
    { role: 'user', content: 'well?' },
  ]
  expect(sent({ messages })['messages']).toEqual([
    { role: 'user', content: 'weather?' },
    { role: 'assistant', content: [
      { type: 'text', text: 'let me see' },
      { type: 'tool_use', id: 'call_1', name: 'weather', input: { city: 'Bern', days: [1, 2] } },
      { type: 'tool_use', id: 'functions_clock_0', name: 'clock', input: {} },
    ] },
    { role: 'user', content: [
      { type: 'tool_result', tool_use_id: 'call_1', content: 'rain' },
      { type: 'tool_result', tool_use_id: 'functions_clock_0', content: [{ type: 'text', text: 'noon' }] },
    ] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'call_2', name: 'clock', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_2' }] },
    { role: 'user', content: 'well?' },
  ])
})

test('what the model refused to say is said again in its words', () => {
  const messages = [hello, { role: 'assistant', content: null, refusal: 'No.' }, hello, { role: 'assistant', content: [{ type: 'refusal', refusal: 'Still no.' }] }, hello]
  expect(sent({ messages })['messages']).toEqual([hello, { role: 'assistant', content: 'No.' }, hello, { role: 'assistant', content: [{ type: 'text', text: 'Still no.' }] }, hello])
})

test('definitions of tools', () => {
  const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
  expect(sent({ tools: [{ type: 'function', function: { name: 'weather', description: 'of a city', parameters, strict: true } }, { type: 'function', function: { name: 'clock' } }] })['tools']).toEqual([
    { name: 'weather', description: 'of a city', input_schema: parameters, strict: true },
    { name: 'clock', input_schema: { type: 'object', properties: {} } },
  ])
})

const tools = [{ type: 'function', function: { name: 'f' } }]
test.each([
  [{}, undefined],
  [{ tool_choice: 'auto' }, { type: 'auto' }],
  [{ tool_choice: 'none' }, { type: 'none' }],
  [{ tool_choice: 'required' }, { type: 'any' }],
  [{ tool_choice: { type: 'function', function: { name: 'f' } } }, { type: 'tool', name: 'f' }],
  [{ parallel_tool_calls: true }, undefined],
  [{ parallel_tool_calls: false }, { type: 'auto', disable_parallel_tool_use: true }],
  [{ parallel_tool_calls: false, tool_choice: 'required' }, { type: 'any', disable_parallel_tool_use: true }],
  [{ parallel_tool_calls: false, tool_choice: { type: 'function', function: { name: 'f' } } }, { type: 'tool', name: 'f', disable_parallel_tool_use: true }],
  [{ parallel_tool_calls: false, tool_choice: 'none' }, { type: 'none' }],
])('the choice of tools: %j becomes %j', (json, expected) => {
  expect(sent({ tools, ...json })['tool_choice']).toEqual(expected)
})

test('no choice of tools without tools: it is refused there, and says nothing', () => {
  expect(sent({ tools: [], tool_choice: 'auto', parallel_tool_calls: false })).toEqual({ model: 'claude-tiny', max_tokens: 4_096, messages: [hello] })
})
