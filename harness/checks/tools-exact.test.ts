import { attempt, chunk, DONE, evidence, finish, jsonExchange, role, streamExchange } from '../evidence/fixture.ts'
import { examples } from './testing/examples.ts'
import { toolsExactCheck } from './tools-exact.ts'

const call = (index: number | undefined, args: string, more: object = {}) => chunk({ tool_calls: [{ index, function: { arguments: args }, ...more }] })
const open = (index: number | undefined, id: string, name: string) => chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] })
const events = [role, open(0, 'c0', 'sum'), call(0, '{"a": 1,'), call(0, ' "b": 2}'), open(1, 'c1', 'now'), call(1, '{}'), finish('tool_calls'), DONE]
const stream = (...got: Parameters<typeof streamExchange>[1]) => evidence({ exchanges: [streamExchange('a', got)], attempts: [attempt('a', { events })] })
const tool = (args: string, id = 'c0', name = 'sum') => ({ choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [{ id, type: 'function', function: { name, arguments: args } }] }, finish_reason: 'tool_calls' }] })
const json = (got: object) => evidence({ exchanges: [jsonExchange('a', got)], attempts: [attempt('a', { body: tool('{"a": 1}') })] })

examples(toolsExactCheck, {
  params: {},
  passes: {
    'a stream as sent': stream(...events),
    'arguments cut otherwise': stream(role, open(0, 'c0', 'sum'), call(0, '{"a": 1, "b": 2}'), open(1, 'c1', 'now'), call(1, '{'), call(1, '}'), finish('tool_calls'), DONE),
    'JSON as sent': json(tool('{"a": 1}')),
  },
  fails: {
    'arguments written anew': [json(tool('{"a":1}')), /^the caller got/, ['a']],
    'another id': [json(tool('{"a": 1}', 'c9')), /"id":"c9"/],
    'another name': [json(tool('{"a": 1}', 'c0', 'product')), /"name":"product"/],
    'no tool calls': [json({ choices: [{ index: 0, message: { role: 'assistant', content: '{"a": 1}' } }] }), /^the caller got \[\];/],
    'deltas without an index': [stream(role, open(undefined, 'c0', 'sum'), call(undefined, '{"a": 1, "b": 2}'), finish('tool_calls'), DONE), /^the caller got \[\];/],
    'all deltas under one index': [stream(role, open(0, 'c0', 'sum'), call(0, '{"a": 1, "b": 2}'), open(0, 'c1', 'now'), call(0, '{}'), finish('tool_calls'), DONE), /^the caller got/],
    'a piece lost': [stream(role, open(0, 'c0', 'sum'), call(0, '{"a": 1,'), open(1, 'c1', 'now'), call(1, '{}'), finish('tool_calls'), DONE), /^the caller got/],
    'a stream that was cut behind the last piece': [evidence({ exchanges: [streamExchange('a', events, { end: 'cut' })], attempts: [attempt('a', { events })] }), /ended cut$/],
    'an error': [evidence({ exchanges: [jsonExchange('a', {}, { status: 500 })], attempts: [attempt('a', { events })] }), /^500/],
    'no upstream call, and no tool calls': [evidence({ exchanges: [jsonExchange('a', {})] }), 'the caller got []; the upstream sent none'],
  },
})
