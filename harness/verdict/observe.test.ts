import { describe, expect, test } from 'vitest'
import { Claims } from '../../schemas/claims.ts'
import { attempt, errorBody, evidence, jsonExchange, noAnswer, role, streamExchange, word } from '../evidence/fixture.ts'
import type { EvidenceInput } from '../evidence/fixture.ts'
import { observedClaims } from './observe.ts'

const claims = Claims.parse({ retry: { retries: 2, maxDelayMs: 0, maxRetryAfterMs: 0 }, breaker: { failures: 3, cooldownMs: 1000 }, timeouts: { connectMs: 1, firstByteMs: 800, idleMs: 1, totalMs: 9000 }, cancellation: { withinMs: 1000 } })
const seen = (id: string, input: EvidenceInput) => observedClaims([evidence({ ...input, claims, scenario: { id } })]).map((r) => [r.claim, r.declared, r.observed, r.verdict])
const calls = (nonce: string, count: number) => Array.from({ length: count }, (_, i) => attempt(nonce, { attempt: i + 1, t: i }))

test('scenarios that were not executed, or sent nothing, say nothing', () => {
  expect(observedClaims([])).toEqual([])
  expect(seen('wire/chat-json', { exchanges: [jsonExchange('a', {})] })).toEqual([])
  expect(seen('breaker/opens', { exchanges: [jsonExchange('a', {}, { window: 'baseline' })] })).toEqual([])
})

describe('claimed against observed', () => {
  test('retries, on the primary lane', () => {
    const of = (count: number) => seen('errors/upstream-503', { exchanges: [jsonExchange('a', {})], attempts: [...calls('a', count), attempt('a', { lane: 'secondary' })] })
    expect(of(3)).toEqual([['retries', '2', '2', 'pass']])
    expect(of(2)).toEqual([['retries', '2', '1', 'fail']])
    expect(of(4)).toEqual([['retries', '2', '3', 'fail']])
  })

  test('failures that open the breaker', () => {
    const of = (count: number) => seen('breaker/opens', { exchanges: [jsonExchange('a', {}, { label: 'trip' })], attempts: calls('a', count) })
    expect(of(3)).toEqual([['breaker opens after', '3 failures', '3', 'pass']])
    expect(of(9)).toEqual([['breaker opens after', '3 failures', '9', 'fail']])
  })

  test('probes while half-open', () => {
    const of = (count: number) => seen('breaker/half-open-herd', { exchanges: [jsonExchange('a', {}, { label: 'herd' })], attempts: Array.from({ length: count }, (_, i) => attempt('a', { id: `${i}`, t: 1, status: null, end: null })) })
    expect(of(1)).toEqual([['half-open probes', '1', '1', 'pass']])
    expect(of(2)).toEqual([['half-open probes', '1', '2', 'fail']])
    expect(of(0)).toEqual([['half-open probes', '1', 'none seen', 'fail']])
  })

  test('requests at once', () => {
    const of = (letIn: number) => {
      const exchanges = Array.from({ length: 70 }, (_, i) => jsonExchange(`n${i}`, i < letIn ? {} : errorBody(), { label: 'burst', status: i < letIn ? 200 : 429 }))
      return seen('limits/burst-exact', { exchanges, attempts: exchanges.slice(0, letIn).map((x) => attempt(x.nonce)) })
    }
    expect(of(60)).toEqual([['requests at once', '60', '60', 'pass']])
    expect(of(61)).toEqual([['requests at once', '60', '61', 'fail']])
  })

  test('upstream calls at a time', () => {
    const of = (count: number) => seen('queue/sheds', { exchanges: [jsonExchange('a', {})], attempts: Array.from({ length: count }, (_, i) => attempt('a', { id: `${i}`, t: i, endAt: 900 })) })
    expect(of(4)).toEqual([['upstream calls at a time', '4', '4', 'pass']])
    expect(of(5)).toEqual([['upstream calls at a time', '4', '5', 'fail']])
    expect(of(0)).toEqual([['upstream calls at a time', '4', 'none seen', 'fail']])
  })

  test('the longest silence in a stream', () => {
    const of = (at: number) => seen('streaming/keep-alive', { exchanges: [streamExchange('a', [role, { at, send: word('A') }])] })
    expect(of(15_010)).toEqual([['silence in a stream', '15000 ms', '15000 ms', 'pass']])
    expect(of(16_010)).toEqual([['silence in a stream', '15000 ms', '16000 ms', 'fail']])
  })

  test('the time to the first byte', () => {
    const of = (endAt: number) => seen('timeouts/hang-before-head', { exchanges: [noAnswer('a', 'complete', { endAt })] })
    expect(of(830)).toEqual([['first byte within', '800 ms', 'gave up after 830 ms', 'pass']])
    expect(of(5000)).toEqual([['first byte within', '800 ms', 'gave up after 5000 ms', 'fail']])
  })

  test('the time to stop the upstream', () => {
    const left = noAnswer('a', 'aborted', { abortedAt: 100 })
    const of = (...attempts: ReturnType<typeof attempt>[]) => seen('cancellation/mid-stream', { exchanges: [left], attempts })
    expect(of(attempt('a', { end: 'peer-closed', endAt: 112 }))).toEqual([['cancellation within', '1000 ms', '12 ms', 'pass']])
    expect(of(attempt('a', { end: 'peer-closed', endAt: 1101 }))).toEqual([['cancellation within', '1000 ms', '1001 ms', 'fail']])
    expect(of(attempt('a', { end: null }))).toEqual([['cancellation within', '1000 ms', 'not seen', 'fail']])
    expect(of()).toEqual([['cancellation within', '1000 ms', 'not seen', 'fail']])
  })
})
