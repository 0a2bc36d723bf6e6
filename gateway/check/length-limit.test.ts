import { expect, test } from 'vitest'
import { LengthLimit } from './length-limit.ts'

test.each([
  [5, ['hello'], 'hello', false],
  [5, ['hel', 'lo', ''], 'hello', false],
  [5, ['hello', '!'], 'hello', true],
  [4, ['hello', 'x'], 'hell', true],
  [3, ['🌊🌊', '🌊🌊'], '🌊🌊🌊', true],
  [2, ['\ud83c', 'a', 'b'], '\ud83ca', true],
])('%i characters of %j', (maxChars, texts, expected, isCut) => {
  const limit = new LengthLimit(maxChars)
  expect(texts.map((text) => limit.take(text)).join('')).toBe(expected)
  expect(limit.isCut).toBe(isCut)
})

test('without a limit all of it', () => {
  const limit = new LengthLimit()
  expect(limit.take('x'.repeat(1_000_000))).toHaveLength(1_000_000)
  expect(limit.isCut).toBe(false)
})
