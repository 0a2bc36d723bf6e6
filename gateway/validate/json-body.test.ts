import { expect, test } from 'vitest'
import { parseJsonBody, replaceModel } from './json-body.ts'

test.each([
  ['{"model":"a"}', '{"model":"tiny"}'],
  [' {\n "x" : [1.0, 2e3] ,\t"model" :\r"a" , "seed":9007199254740993 } ', ' {\n "x" : [1.0, 2e3] ,\t"model" :\r"tiny" , "seed":9007199254740993 } '],
  ['{"messages":[{"model":"inner","content":"\\"model\\":\\\\"}],"model":"a"}', '{"messages":[{"model":"inner","content":"\\"model\\":\\\\"}],"model":"tiny"}'],
  ['{"model":"a","model":"b"}', '{"model":"tiny","model":"tiny"}'],
  [String.raw`{"mod\u0065l":"a"}`, String.raw`{"mod\u0065l":"tiny"}`],
  ['{"a":"model","model":"a","b":{"c":[{"d":"]}"}]}}', '{"a":"model","model":"tiny","b":{"c":[{"d":"]}"}]}}'],
  ['{}', '{}'],
])('%s', (raw, expected) => {
  expect(replaceModel(raw, 'tiny')).toBe(expected)
})

test('a name that needs escaping stays valid JSON', () => {
  expect(JSON.parse(replaceModel('{"model":"a","n":1}', 'we"ird\\'))).toEqual({ model: 'we"ird\\', n: 1 })
})

test.each([Buffer.from('{"model":'), Buffer.from(''), Buffer.from([0x22, 0xff, 0x22]), Buffer.from('\uFEFF{}')])('refuses %o', (bytes) => {
  expect(() => parseJsonBody(bytes)).toThrow(expect.objectContaining({ id: 'GW_ERR_MALFORMED_JSON' }))
})

test('a megabyte takes milliseconds', () => {
  const raw = JSON.stringify({ messages: [{ role: 'user', content: '\\"'.repeat(250_000) }], deep: '['.repeat(10), model: 'a' })
  const started = performance.now()
  replaceModel(raw, 'tiny')
  expect(performance.now() - started).toBeLessThan(250)
})
