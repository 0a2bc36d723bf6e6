import { describe, expect, it } from 'vitest'
import { buildLedger, countReasons, latenessP99 } from './ledger.ts'
import { failed, load, ok, profile, refused, timeout } from './testing.ts'

describe('buildLedger', () => {
  it('counts each class once', () => {
    const points = load(10, (i) => [ok(), ok(), ok(), refused, failed(), timeout, null, ok(), ok(), ok()][i] ?? null)
    expect(buildLedger({ ...points, droppedAt: [1, 2] }, { rate: 12, durationMs: 1000 }, 0)).toEqual({
      scheduled: 12, ok: 6, policy: 1, error: 1, timeout: 1, dropped: 2, interrupted: 1, closes: true, k6Exit: 0,
    })
  })

  it('a request that this machine could not send is interrupted, not an error of the target', () => {
    expect(buildLedger(load(1, () => ({ outcome: 'unsent', reason: 'own-limit', ms: 0 })), { rate: 1, durationMs: 1000 }, 0)).toMatchObject({ error: 0, interrupted: 1 })
  })

  it.each([
    [1199, true],
    [1200, true],
    [1201, true],
    [1198, false],
    [1231, true],
    [1232, false],
    [0, false],
  ])('with %i of 1200 requests closes: %s', (n, closes) => {
    expect(buildLedger(load(n, () => ok()), profile, 0).closes).toBe(closes)
  })

  it('does not close over defective points', () => {
    expect(buildLedger({ ...load(1200, () => ok()), defects: ['broken off'] }, profile, 0).closes).toBe(false)
  })
})

it('reasons come most frequent first, with nonces to look for', () => {
  const points = load(20, (i) => (i === 3 ? timeout : i % 2 === 0 ? failed() : i === 5 ? null : ok()))
  expect(countReasons(points)).toEqual([
    { reason: 'http-502', n: 10, nonces: ['n0', 'n2', 'n4', 'n6', 'n8'] },
    { reason: 'interrupted', n: 1, nonces: ['n5'] },
    { reason: 'timeout', n: 1, nonces: ['n3'] },
  ])
})

describe('latenessP99', () => {
  it('is zero on schedule', () => expect(latenessP99(load(1200, () => ok()), profile.rate)).toBeCloseTo(0, 6))

  it('dropped arrivals take their place in the schedule', () => {
    const points = load(1200, () => ok())
    const kept = points.requests.filter((_, i) => i < 500 || i >= 600)
    const droppedAt = points.requests.slice(500, 600).map(({ startedAt }) => startedAt)
    expect(latenessP99({ ...points, requests: kept, droppedAt }, profile.rate)).toBeCloseTo(0, 6)
  })

  it('shows a machine that stood still for a second', () => {
    const points = load(1200, () => ok())
    const late = points.requests.map((request) => (request.startedAt > 5000 && request.startedAt < 6000 ? { ...request, startedAt: 6000 } : request))
    expect(latenessP99({ ...points, requests: late }, profile.rate)).toBeGreaterThan(700)
  })
})
