import { expect, test } from 'vitest'
import { Assembly } from './assemble.ts'

function assembled(...chunks: Record<string, unknown>[]): Record<string, unknown> {
  const assembly = new Assembly()
  for (const chunk of chunks) assembly.add({ id: 'c1', object: 'chat.completion.chunk', created: 7, model: 'tiny', ...chunk })
  return assembly.completion()
}
const choice = (delta: unknown, finish: string | null = null, more: Record<string, unknown> = {}) => ({ choices: [{ index: 0, delta, finish_reason: finish, ...more }] })

test('a text', () => {
  expect(assembled(choice({ role: 'assistant', content: '' }), choice({ content: 'a' }), choice({ content: 'b' }), choice({}, 'stop'), { choices: [], usage: { total_tokens: 3 } })).toEqual({
    id: 'c1', object: 'chat.completion', created: 7, model: 'tiny', usage: { total_tokens: 3 },
    choices: [{ index: 0, message: { role: 'assistant', content: 'ab', refusal: null }, logprobs: null, finish_reason: 'stop' }],
  })
})

test('calls of tools, in pieces and side by side; the content is null', () => {
  const call = (index: number, piece: Record<string, unknown>) => choice({ tool_calls: [{ index, ...piece }] })
  const result = assembled(
    choice({ role: 'assistant', content: null }),
    call(1, { id: 'b', type: 'function', function: { name: 'second', arguments: '' } }),
    call(0, { id: 'a', type: 'function', function: { name: 'first', arguments: '{"x"' } }),
    call(1, { id: 'b', type: 'function', function: { name: 'second', arguments: '{}' } }),
    call(0, { function: { arguments: ':1}' } }),
    choice({}, 'tool_calls'),
  )
  expect(result).toMatchObject({ choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls: [
    { id: 'a', type: 'function', function: { name: 'first', arguments: '{"x":1}' } },
    { id: 'b', type: 'function', function: { name: 'second', arguments: '{}' } },
  ] } }] })
  expect(JSON.stringify(result)).not.toContain('"index":1')
})

test('several choices in any order, with thoughts, refusals, log probabilities and what else an upstream says', () => {
  const at = (index: number, delta: unknown, finish: string | null = null) => ({ choices: [{ index, delta, finish_reason: finish, logprobs: { content: [{ token: String(index) }], refusal: null } }] })
  expect(assembled(at(1, { reasoning_content: 'h' }), at(0, { refusal: 'no' }, 'stop'), at(1, { reasoning_content: 'm', content: 'B' }, 'length'), { system_fingerprint: 'fp', choices: [] })).toMatchObject({
    system_fingerprint: 'fp',
    choices: [
      { index: 0, message: { content: null, refusal: 'no' }, finish_reason: 'stop', logprobs: { content: [{ token: '0' }], refusal: null } },
      { index: 1, message: { content: 'B', reasoning_content: 'hm' }, finish_reason: 'length', logprobs: { content: [{ token: '1' }, { token: '1' }] } },
    ],
  })
})

test('an upstream cannot reach what all objects have in common', () => {
  const delta = JSON.parse('{"__proto__":{"polluted":1},"audio":{"__proto__":{"polluted":1},"data":"x"}}') as unknown
  assembled(choice(delta, 'stop', { logprobs: JSON.parse('{"__proto__":{"polluted":1}}') as unknown }))
  expect({}).not.toHaveProperty('polluted')
})
