import { expect, test } from 'vitest'
import { evidence, jsonExchange, recordsOf } from '../evidence/fixture.ts'
import type { Headers } from '../evidence/types.ts'
import { askedToWaitUntil } from './asked-wait.ts'

// The head of a request that began at t comes at t + 5.
const refused = (nonce: string, t: number, headers: Headers, more: object = {}) => jsonExchange(nonce, {}, { t, status: 429, headers, label: 'refused', ...more })
const until = (...exchanges: ReturnType<typeof refused>[]) => askedToWaitUntil(recordsOf(evidence({ exchanges })).client, 'refused')

test('the latest answer counts, whichever was recorded last', () => {
  expect(until(refused('a', 100, [['Retry-After', '9']]), refused('b', 300, [['retry-after', '2']]), refused('c', 200, [['retry-after', '7']]))).toBe(2305)
  expect(until(refused('a', 100, [['retry-after', '1']]), refused('b', 300, []))).toBe(1105)
})

test('only answers to the label, and only what begins with seconds', () => {
  expect(until(refused('a', 0, [['retry-after', '3']], { label: 'other' }))).toBeUndefined()
  expect(until(refused('a', 0, [['retry-after', '3']], { window: 'baseline' }))).toBeUndefined()
  for (const value of ['', 'soon', '-3', 'Fri, 21 Nov 2025 14:00:00 GMT']) expect(until(refused('a', 0, [['retry-after', value]])), value).toBeUndefined()
})
