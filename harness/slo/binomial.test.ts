import { describe, expect, it } from 'vitest'
import { binomialCdf, lowerBound, minimumN, upperBound } from './binomial.ts'

describe('minimumN', () => {
  it.each([
    [0.005, [598, 947, 1258, 1549, 2100, 3389, 5808]],
    [0.02, [149, 236, 313, 386, 523, 845, 1449]],
    [0.05, [59, 93, 124, 153, 208, 336, 577]],
    [0.01, [299, 473, 628, 773, 1049, 1693, 2902]],
  ])('a claim of at most %f takes the published numbers of requests', (limit, expected) => {
    expect([0, 1, 2, 3, 5, 10, 20].map((failures) => minimumN(limit, failures))).toEqual(expected)
  })

  it('is the first n whose bound is within the limit', () => {
    expect(upperBound(1, 947)).toBeLessThanOrEqual(0.005)
    expect(upperBound(1, 946)).toBeGreaterThan(0.005)
  })
})

describe('bounds', () => {
  it.each([
    [0, 100, 2.95],
    [0, 300, 0.99],
    [0, 1000, 0.3],
    [1, 600, 0.79],
    [12, 6000, 0.32],
    [20, 6000, 0.48],
  ])('%i failures of %i are at most %f %%', (k, n, percent) => {
    expect(Math.round(upperBound(k, n) * 10_000) / 100).toBe(percent)
  })

  it('the lower bound mirrors the upper one', () => {
    expect(lowerBound(10, 10)).toBeCloseTo(1 - upperBound(0, 10), 12)
    expect(lowerBound(64, 1280)).toBeCloseTo(0.04037, 5)
    expect(lowerBound(0, 1000)).toBe(0)
  })

  it('no data proves nothing on either side', () => {
    expect([lowerBound(0, 0), upperBound(0, 0)]).toEqual([0, 1])
  })
})

describe('binomialCdf', () => {
  it('agrees with sums by hand', () => {
    expect(binomialCdf(0, 10, 0.1)).toBeCloseTo(0.9 ** 10, 12)
    expect(binomialCdf(1, 3, 0.5)).toBeCloseTo(0.5, 12)
    expect(binomialCdf(4, 5, 0.3)).toBeCloseTo(1 - 0.3 ** 5, 12)
  })

  it('holds for a million trials', () => {
    expect(binomialCdf(500_000, 1_000_000, 0.5)).toBeCloseTo(0.5004, 4)
  })
})
