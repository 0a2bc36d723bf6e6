import { expect, test } from 'vitest'
import { memberText, withMembers } from './members.ts'

test.each([
  ['{"body":{"a":1.0}}', '{"a":1.0}'],
  [' { "url" : "x,}" , "body" : [ 1 , {"}":"]"} ] } ', '[ 1 , {"}":"]"} ]'],
  ['{"\\u0062ody":12345678901234567890}', '12345678901234567890'],
  ['{"x":{"body":1},"body":true\n}', 'true'],
  ['{"body":1,"body":2}', '2'],
  ['{"body":"\\\\\\"}"}', '"\\\\\\"}"'],
])('the text of a member of %j', (raw, text) => {
  expect(memberText(raw, 'body')).toBe(text)
  expect(JSON.parse(text)).toEqual((JSON.parse(raw) as { body: unknown }).body)
})

test('there is none', () => {
  for (const raw of ['{}', '{"x":"body"}', ' { } ']) expect(memberText(raw, 'body')).toBeUndefined()
})

test('members are replaced, each time they stand there, and added', () => {
  expect(withMembers('{"a":1.0, "stream": false ,"b":"}" ,"stream":null}', { stream: 'true' })).toBe('{"a":1.0,"b":"}","stream":true}')
  expect(withMembers('{ }', { a: '1', b: '[]' })).toBe('{"a":1,"b":[]}')
})
