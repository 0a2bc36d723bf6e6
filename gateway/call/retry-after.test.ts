import { expect, test } from 'vitest'
import { formatRetryAfter, parseRetryAfter } from './retry-after.ts'

const now = Date.parse('Sat, 21 Nov 2026 10:00:00 GMT')

test.each([
  ['0', 0],
  ['1', 1_000],
  ['120', 120_000],
  ['1000000000', 1_000_000_000_000],
  [' 2 ', 2_000],
  ['Sat, 21 Nov 2026 10:00:03 GMT', 3_000],
  ['Sat, 21 Nov 2026 09:59:59 GMT', undefined],
  ['-1', undefined],
  ['-3', undefined],
  ['1.5', undefined],
  ['+1', undefined],
  ['1e3', undefined],
  ['soon', undefined],
  ['', undefined],
  ['2026-11-21T10:00:03Z', undefined],
  ['Xxx, 99 Yyy 2026 10:00:03 GMT', undefined],
  ['99999999999999999999', undefined],
  [['1', '3'], 3_000],
  [['garbage', '2'], 2_000],
])('Retry-After %j asks for %j ms', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected)
})

test('what a caller is told is never too early and never zero', () => {
  expect(formatRetryAfter(0)).toBe('1')
  expect(formatRetryAfter(1_001)).toBe('2')
})
