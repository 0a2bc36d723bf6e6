import { expect, test } from 'vitest'
import { chunkRedactor, holdingRedactor, redactAnswer } from './redact.ts'

const TEXT = 'Pay 4111 1111 1111 1111, or 4111111111111111. I am 078-05-1120 (sk-gauntlet-0123456789abcdef). Room 101, in 2024, ask sk.'
const CLEAN = 'Pay [redacted], or [redacted]. I am [redacted] ([redacted]). Room 101, in 2024, ask sk.'

test('however a text is cut, the same comes out', () => {
  for (const size of [1, 2, 3, 5, 7, 11, 40, 1000]) {
    const redactor = holdingRedactor()
    const pieces = TEXT.match(new RegExp(`.{1,${size}}`, 'gs')) ?? []
    expect(pieces.map((piece, i) => redactor(piece, i === pieces.length - 1)).join(''), `${size} at a time`).toBe(CLEAN)
  }
})

test('words that cannot become a secret are not held back', () => {
  const redactor = holdingRedactor()
  const words = ['n1-f0', ' The', ' client', ' waits', ' é–🦊']
  expect(words.map((word) => redactor(word, false))).toEqual(words)
})

test('numbers within words and of other lengths are left alone', () => {
  for (const text of ['n4111111111111111', 'id-4111111111111111', '12 34 56', '123-45-678', '1234-56-7890', 'sk-short', 'ask-gauntlet-0123456789abcdef']) expect(holdingRedactor()(text, true), text).toBe(text)
})

test('what has nothing to hide keeps its bytes, and what is no JSON too', () => {
  for (const text of ['{ "choices":[{"message":{"content":"hello"}}] }', '{"data":[1.0]}', '<p>', '{"choices":[{"message":{"content":null}}]}']) expect(redactAnswer(text, holdingRedactor)).toBe(text)
  expect(redactAnswer(`{"choices":[{"message":{"content":${JSON.stringify(TEXT)}}}]}`, holdingRedactor)).toBe(`{"choices":[{"message":{"content":${JSON.stringify(CLEAN)}}}]}`)
})

test('what was held comes out before the end, and choices do not mix', () => {
  const redact = chunkRedactor(holdingRedactor)
  const send = (index: number, delta: object, reason: string | null = null) => {
    const json = { id: 'x', choices: [{ index, delta, finish_reason: reason }] }
    return redact(JSON.stringify(json), json).map((data) => (JSON.parse(data) as typeof json).choices[0])
  }
  expect(send(0, { content: 'Room 10' })).toMatchObject([{ delta: { content: 'Room ' } }])
  expect(send(1, { content: 'Hello' })).toMatchObject([{ index: 1, delta: { content: 'Hello' } }])
  expect(send(0, {}, 'stop')).toMatchObject([{ index: 0, delta: { content: '10' }, finish_reason: null }, { index: 0, delta: {}, finish_reason: 'stop' }])
})
