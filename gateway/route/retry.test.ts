import { expect, test } from 'vitest'
import { parseConfig } from '../config.ts'
import type { RetryConfig } from '../config.ts'
import { GatewayError, UpstreamError } from '../errors.ts'
import type { FailureKind } from '../errors.ts'
import { allowanceFor, Backoff, mayFallBack } from './retry.ts'

const config = { retries: 3, statuses: [429, 500, 502, 503, 504], baseMs: 100, capMs: 250, maxRetryAfterMs: 2_000 }
const status = (code: number, extra: { code?: string; retryAfterMs?: number } = {}) => new UpstreamError('status', 'GW_ERR_UPSTREAM_ERROR', { status: code, ...extra })
const kind = (name: FailureKind, id: 'GW_ERR_UPSTREAM_TIMEOUT' | 'GW_ERR_UPSTREAM_AUTH' | 'GW_ERR_CIRCUIT_OPEN' | 'GW_ERR_UPSTREAM_BAD_ANSWER' = 'GW_ERR_UPSTREAM_BAD_ANSWER') => new UpstreamError(name, id)

test.each([
  [status(400), false, false],
  [status(404), false, false],
  [status(409), false, false],
  [status(413), false, false],
  [status(422), false, false],
  [status(429), true, true],
  [status(429, { code: 'insufficient_quota' }), false, true],
  [status(500), true, true],
  [status(501), false, true],
  [status(503), true, true],
  [kind('unreachable'), true, true],
  [kind('cut'), true, true],
  [kind('bad-answer'), true, true],
  [kind('redirect'), false, true],
  [kind('timeout', 'GW_ERR_UPSTREAM_TIMEOUT'), false, true],
  [kind('auth', 'GW_ERR_UPSTREAM_AUTH'), false, false],
  [new UpstreamError('error-event', 'GW_ERR_UPSTREAM_ERROR'), true, true],
  [new UpstreamError('error-event', 'GW_ERR_UPSTREAM_ERROR', { type: 'invalid_request_error' }), false, false],
  [new UpstreamError('moderation', 'GW_ERR_UPSTREAM_ERROR', { status: 403 }), false, false],
  [new UpstreamError('moderation', 'GW_ERR_UPSTREAM_ERROR', { status: 500 }), false, false],
  [kind('circuit-open', 'GW_ERR_CIRCUIT_OPEN'), false, true],
  [new GatewayError('GW_ERR_CALLER_GONE'), false, false],
  [new GatewayError('GW_ERR_TOTAL_TIMEOUT'), false, false],
])('%o: retry %j, fallback %j', (error, retry, fallback) => {
  expect((allowanceFor(error, config)?.retries ?? 0) > 0).toBe(retry)
  expect(mayFallBack(error)).toBe(fallback)
})

test('waits grow to the cap, with jitter over the whole range', () => {
  const waits = [[], [], []] as number[][]
  for (let run = 0; run < 300; run++) {
    const backoff = new Backoff(config)
    for (const column of waits) column.push(backoff.next(status(500)) ?? Number.NaN)
    expect(backoff.next(status(500))).toBeUndefined()
  }
  for (const [index, limit] of [100, 200, 250].entries()) {
    const column = waits[index] ?? []
    expect(Math.max(...column)).toBeLessThan(limit)
    expect(Math.max(...column)).toBeGreaterThan(limit * 0.8)
    expect(Math.min(...column)).toBeLessThan(limit * 0.2)
  }
})

test('each Retry-After replaces the one before, and the wait is never shorter', () => {
  const backoff = new Backoff(config)
  for (const asked of [1_000, 2_000, 500]) {
    const wait = backoff.next(status(429, { retryAfterMs: asked }))
    expect(wait).toBeGreaterThanOrEqual(asked)
    expect(wait).toBeLessThan(asked + 102)
  }
})

test('a Retry-After beyond the limit ends the retries', () => {
  expect(new Backoff(config).next(status(429, { retryAfterMs: 2_001 }))).toBeUndefined()
})

test('Retry-After: 0 means backoff, not at once', () => {
  const waits = Array.from({ length: 50 }, () => new Backoff(config).next(status(429, { retryAfterMs: 0 })) ?? 0)
  expect(Math.max(...waits)).toBeGreaterThan(50)
})

/** How many retries a row of failures gets, one attempt after the other. */
function granted(statuses: RetryConfig['statuses'], failures: readonly UpstreamError[]): number {
  const backoff = new Backoff({ ...config, statuses })
  const refused = failures.findIndex((failure) => backoff.next(failure) === undefined)
  return refused === -1 ? failures.length : refused
}

const matrix = { 429: 3, 503: 3, '5xx': 1 }
const rows = (...codes: number[]): UpstreamError[] => codes.map((code) => status(code))
test.each([
  ['429s up to all retries', rows(429, 429, 429, 429), 3],
  ['503s up to all retries', rows(503, 503, 503, 503), 3],
  ['429s and 503s together up to all retries', rows(429, 503, 429, 503), 3],
  ['a 500 once', rows(500, 500), 1],
  ['a 502 and then a 504 once in all', rows(502, 504), 1],
  ['a 529, which nobody named, once', rows(529, 529), 1],
  ['a 500 once, with the 503s beside it', rows(503, 500, 503, 500), 3],
  ['a 400 never', rows(400), 0],
  ['a 404 never', rows(404), 0],
  ['a 409 never', rows(409), 0],
  ['a spent quota never', [status(429, { code: 'insufficient_quota' })], 0],
  ['an error in a 200 like a 502', [new UpstreamError('error-event', 'GW_ERR_UPSTREAM_ERROR'), ...rows(502)], 1],
  ['cut answers up to all retries', Array.from({ length: 4 }, () => kind('cut')), 3],
])('by the map of statuses: %s', (_name, failures, expected) => {
  expect(granted(matrix, failures)).toBe(expected)
})

test('by the map of statuses: one that is named with 0, or not at all, is not retried', () => {
  expect(granted({ 503: 0, '5xx': 2 }, rows(503))).toBe(0)
  expect(granted({ 503: 3 }, rows(500))).toBe(0)
})

test('by the list of statuses: each may use up all retries', () => {
  for (const code of config.statuses) expect(granted(config.statuses, rows(code, code, code, code))).toBe(3)
})

test.each([
  [{ 400: 1 }, 'retry.statuses.400'],
  [{ 500: 11 }, 'retry.statuses.500'],
  [[429, 404], 'retry.statuses.1'],
])('retry.statuses %j is refused with the path of what is wrong', (statuses, path) => {
  const base = { keys: [{ id: 'a', key: 'secret-key-1' }], upstreams: {}, models: {} }
  expect(() => parseConfig({ ...base, retry: { statuses } })).toThrow(`  ${path}: `)
  expect(parseConfig(base).retry).toMatchObject({ retries: 3, statuses: [429, 500, 502, 503, 504], baseMs: 1_000, capMs: 60_000 })
})
