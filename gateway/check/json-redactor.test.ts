import { expect, test } from 'vitest'
import { JsonRedactor } from './json-redactor.ts'
import type { SecretKind } from './redactor.ts'

const kinds = new Set<SecretKind>(['ssn', 'card', 'api-key'])

function redacted(pieces: Iterable<string>): string {
  const redactor = new JsonRedactor({ kinds, found() {} })
  let out = ''
  for (const piece of pieces) out += redactor.push(piece)
  return out + redactor.end()
}

test.each([
  ['{"note":"card 4111 1111 1111 1111."}', '{"note":"card [redacted]."}'],
  ['{"number":4111111111111111}', '{"number":"[redacted]"}'],
  ['[4111111111111111, 4222222222222 ,1]', '["[redacted]", "[redacted]" ,1]'],
  ['{"ssn":"123-45-6789","sk-abcdef123456":null}', '{"ssn":"[redacted]","[redacted]":null}'],
  [String.raw`{"a":"x\n4111111111111111\n"}`, String.raw`{"a":"x\n[redacted]\n"}`],
  [String.raw`{"a":"\"4111111111111111\\"}`, String.raw`{"a":"\"[redacted]\\"}`],
  [String.raw`{"a":"123\u201145\u20116789 \u00e9"}`, String.raw`{"a":"[redacted] \u00e9"}`],
  [String.raw`{"a":"\u0034111 1111 1111 1111\/"}`, String.raw`{"a":"[redacted]\/"}`],
  ['{"a":"4111","b":"1111 1111 1111"}', '{"a":"4111","b":"1111 1111 1111"}'],
])('%s', (json, expected) => {
  expect(JSON.parse(json)).toBeDefined()
  expect(redacted([json])).toBe(expected)
  expect(redacted(json)).toBe(expected)
  for (let at = 1; at < json.length; at++) expect(redacted([json.slice(0, at), json.slice(at)])).toBe(expected)
})

test.each([
  '{"n":-4111111111111111,"x":1e+4111111111111111,"y":4111111111111111.5,"z":4111111111111111e3}',
  String.raw`{"a":"\ud83c\udf0a \u00e9 \t\b\f\r\/ 42 task sk-ab","u":"550e8400-e29b-41d4-a716-446655440000","n":[1,2.5,true,null]}`,
  '{"a":"🌊 n1588572764-f0"}',
])('%s keeps its bytes', (json) => {
  expect(redacted([json])).toBe(json)
  expect(redacted(json)).toBe(json)
})

test.each(['', '{"a":', 'not json 42', String.raw`{"a":"x\q 1`, String.raw`"\u00`, '"4111 1111', '\\'])('what is no JSON comes through whole: %j', (text) => {
  expect(redacted([text])).toBe(text)
  expect(redacted(text)).toBe(text)
})
