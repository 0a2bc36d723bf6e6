import { describe, expect, it } from 'vitest'
import { bursts, ecdf, percentile } from './statistics.ts'

describe('percentile', () => {
  it('interpolates between ranks, as numpy and k6 do', () => {
    expect(percentile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(percentile([10, 20, 30, 40, 50], 0.95)).toBeCloseTo(48, 10)
    expect(percentile([7], 0.99)).toBe(7)
  })

  it('sorts numbers as numbers', () => expect(percentile([100, 9, 20], 0.5)).toBe(20))

  it('has no answer without data', () => expect(percentile([], 0.5)).toBeNull())

  it('is infinite as soon as it touches a request that was never answered', () => {
    const values = [...Array.from({ length: 94 }, () => 10), ...Array.from({ length: 6 }, () => Number.POSITIVE_INFINITY)]
    expect(percentile(values, 0.5)).toBe(10)
    expect(percentile(values, 0.95)).toBe(Number.POSITIVE_INFINITY)
    expect(percentile(values, 1)).toBe(Number.POSITIVE_INFINITY)
    expect(percentile([1, Number.POSITIVE_INFINITY, 2], 0.5)).toBe(2)
  })
})

describe('ecdf', () => {
  it('ends below one when requests were never answered', () => {
    expect(ecdf([30, 10, 20, Number.POSITIVE_INFINITY])).toEqual([[10, 0.25], [20, 0.5], [30, 0.75]])
  })

  it('keeps the first and the last step when it thins out', () => {
    const steps = ecdf(Array.from({ length: 1001 }, (_, i) => i + 1), 10)
    expect(steps.length).toBeLessThanOrEqual(12)
    expect(steps.at(0)?.[0]).toBe(1)
    expect(steps.at(-1)).toEqual([1001, 1])
  })
})

describe('bursts', () => {
  it('takes scattered failures for independent', () => {
    const result = bursts([1500, 4200, 8100, 12_700, 17_300], 20_000)
    expect(result).toMatchObject({ episodes: 5, longestMs: 0, bursty: false })
    expect(result.dispersion).toBeLessThan(1)
  })

  it('takes ten failures within half a second for one episode', () => {
    const times = Array.from({ length: 10 }, (_, i) => 5000 + i * 50)
    expect(bursts(times, 20_000)).toMatchObject({ episodes: 1, longestMs: 450, bursty: true })
  })

  it('a target that fails all the time is not bursty but broken', () => {
    const times = Array.from({ length: 1200 }, (_, i) => (i * 1000) / 60)
    expect(bursts(times, 20_000)).toMatchObject({ episodes: 1, bursty: false })
  })

  it('one failure is no burst, and none is none', () => {
    expect(bursts([3000], 20_000).bursty).toBe(false)
    expect(bursts([], 20_000)).toEqual({ dispersion: 0, episodes: 0, longestMs: 0, bursty: false })
  })
})
