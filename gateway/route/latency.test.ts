import { expect, test } from 'vitest'
import type { Answer } from '../call/attempt.ts'
import { Latency } from './latency.ts'

const stream = { kind: 'stream' } as Answer
const whole = (tokens?: number): Answer => ({ kind: 'json', text: ' '.repeat(400), json: tokens === undefined ? {} : { usage: { completion_tokens: tokens } } })

test('the mean follows the newest, each model and each kind of answer for itself', () => {
  const latency = new Latency(1_000, () => 0)
  expect(latency.of('a', true)).toBeUndefined()
  latency.note('a', stream, 100)
  expect(latency.of('a', true)).toBe(100)
  latency.note('a', stream, 200)
  expect(latency.of('a', true)).toBeCloseTo(130)
  expect(latency.of('a', false)).toBeUndefined()
  expect(latency.of('b', true)).toBeUndefined()
})

test.each([
  ['by the tokens that were counted', whole(50), 20],
  ['by the size where none were', whole(), 10],
  ['as one token where there are none, as in embeddings', whole(0), 1_000],
])('a whole answer is measured %s', (_name, answer, expected) => {
  const latency = new Latency(1_000, () => 0)
  latency.note('a', answer, 1_000)
  expect(latency.of('a', false)).toBe(expected)
})

test('what is too old is forgotten, also as a part of the mean', () => {
  let time = 0
  const latency = new Latency(1_000, () => time)
  latency.note('a', stream, 10_000)
  time = 1_001
  expect(latency.of('a', true)).toBeUndefined()
  latency.note('a', stream, 10)
  expect(latency.of('a', true)).toBe(10)
})
