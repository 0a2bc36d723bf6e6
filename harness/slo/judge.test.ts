import { describe, expect, it } from 'vitest'
import { judgeObjective, populationOf, type Population } from './judge.ts'
import { failed, load, objectives, ok, refused, timeout } from './testing.ts'

const [availability, latency, errors] = objectives
const of = (points: ReturnType<typeof load>, changes: Partial<Population> = {}): Population => ({
  requests: populationOf(points), unknown: 0, durationMs: 20_000, harness: [], doubts: [], ...changes,
})
/** Fails every `step`-th of n requests, from `step - 1` on. */
const every = (n: number, step: number) => load(n, (i) => (i % step === step - 1 ? failed() : ok()))

describe('PASS', () => {
  it('without a failure in 1200', () => {
    for (const objective of objectives) expect(judgeObjective(objective, of(load(1200, () => ok()))).verdict).toBe('PASS')
  })

  it('with one stray failure in 1200', () => {
    const result = judgeObjective(availability, of(load(1200, (i) => (i === 400 ? failed() : ok()))))
    expect(result).toMatchObject({ verdict: 'PASS', n: 1200, bad: 1, minN: 598, why: '1 bad of 1200: at most 0.39 % are bad (95 % bound), 0.5 % are allowed' })
  })

  it('for latency when a few answers are slower than 4 s', () => {
    const points = load(1200, (i) => ok(i % 100 === 50 ? 5000 : 30))
    expect(judgeObjective(latency, of(points))).toMatchObject({ verdict: 'PASS', bad: 12 })
  })
})

describe('FAIL', () => {
  it('when the lower bound proves it: 5 % errors break both error objectives, and sit on the edge of the third', () => {
    const results = objectives.map((objective) => judgeObjective(objective, of(every(1280, 20))))
    expect(results.map(({ verdict }) => verdict)).toEqual(['FAIL', 'INCONCLUSIVE', 'FAIL'])
    expect(results[0]?.lower).toBeGreaterThan(0.005)
  })

  it('when the point estimate is over the limit in a run long enough to pass', () => {
    const result = judgeObjective(availability, of(every(1200, 150)))
    expect(result).toMatchObject({ verdict: 'FAIL', bad: 8 })
    expect(result.lower).toBeLessThan(result.limit)
    expect(result.why).toContain('does not prove it')
  })

  it('in ten requests, if all of them fail', () => {
    expect(judgeObjective(availability, of(load(10, () => failed())))).toMatchObject({ verdict: 'FAIL', n: 10 })
  })

  it('for a target that hangs: a timeout is a failure and slower than any limit', () => {
    const hang = of(load(1200, () => timeout))
    expect(objectives.map((objective) => judgeObjective(objective, hang).verdict)).toEqual(['FAIL', 'FAIL', 'FAIL'])
  })

  it('for latency when errors come fast: an error never was an answer', () => {
    expect(judgeObjective(latency, of(load(1200, (i) => (i % 10 === 0 ? failed() : ok(1)))))).toMatchObject({ verdict: 'FAIL', bad: 120 })
  })

  it('in bursts too', () => {
    expect(judgeObjective(errors, of(load(1200, (i) => (i >= 300 && i < 420 ? failed() : ok()))))).toMatchObject({ verdict: 'FAIL', episodes: 1 })
  })
})

describe('INCONCLUSIVE', () => {
  it('when the run is too short', () => {
    const result = judgeObjective(availability, of(load(500, () => ok())))
    expect(result).toMatchObject({ verdict: 'INCONCLUSIVE', why: '0 bad of 500 does not prove it: with 0 bad requests 598 requests are needed' })
  })

  it('when it saw a failure too many', () => {
    expect(judgeObjective(availability, of(every(1200, 400))).why).toContain('with 3 bad requests 1549 requests are needed')
  })

  it('when failures within the limit come in one burst', () => {
    const burst = of(load(6000, (i) => (i >= 600 && i < 612 ? failed() : ok())), { durationMs: 100_000 })
    const result = judgeObjective(availability, burst)
    expect(result.upper).toBeLessThan(result.limit)
    expect(result).toMatchObject({ verdict: 'INCONCLUSIVE', bad: 12, episodes: 1 })
    expect(result.why).toContain('1 episode')
  })

  it('when the run as a whole is in doubt', () => {
    expect(judgeObjective(errors, of(load(1200, () => ok()), { doubts: ['14 requests dropped'] }))).toMatchObject({ verdict: 'INCONCLUSIVE', why: '14 requests dropped' })
  })

  it('when the unknown requests could have been bad', () => {
    const result = judgeObjective(availability, of(load(1200, () => ok()), { unknown: 2 }))
    expect(result).toMatchObject({ verdict: 'INCONCLUSIVE', bad: 0, unknown: 2, n: 1202, point: 0, lower: 0 })
  })
})

describe('NO_DATA and HARNESS_ERROR', () => {
  it('nothing but policy is no data', () => {
    expect(judgeObjective(availability, of(load(1200, () => refused)))).toMatchObject({ verdict: 'NO_DATA', n: 0 })
  })

  it('everything dropped is no data', () => {
    expect(judgeObjective(availability, of(load(0, () => ok()), { unknown: 1200 })).verdict).toBe('NO_DATA')
  })

  it('a defect of the harness outranks every failure', () => {
    expect(judgeObjective(availability, of(load(1200, () => failed()), { harness: ['the ledger does not close'] })).verdict).toBe('HARNESS_ERROR')
  })
})
