import { expect, test } from 'vitest'
import { GatewayError, UpstreamError } from './errors.ts'
import type { FailureKind } from './errors.ts'
import { Backoff, mayFallBack, mayRetry } from './retry.ts'

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
  [kind('circuit-open', 'GW_ERR_CIRCUIT_OPEN'), false, true],
  [new GatewayError('GW_ERR_CALLER_GONE'), false, false],
  [new GatewayError('GW_ERR_TOTAL_TIMEOUT'), false, false],
])('%o: retry %j, fallback %j', (error, retry, fallback) => {
  expect(mayRetry(error, config.statuses)).toBe(retry)
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

test('switched off, it never retries', () => {
  expect(new Backoff(false).next(status(500))).toBeUndefined()
})
