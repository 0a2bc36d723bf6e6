import { describe, expect, it } from 'vitest'
import { assembleSloReport } from './assemble.ts'
import { SloReport, sloExitCode, worstVerdict } from './report.ts'
import { evidence, failed, load, objectives, ok, refused, timeout } from './testing.ts'

const judge = (...args: Parameters<typeof evidence>) => assembleSloReport(evidence(...args))
const outcome = (report: SloReport) => [report.verdict, sloExitCode(report)]

describe('a whole run', () => {
  it('of a healthy target passes', () => {
    const report = judge(load(1200, () => ok()))
    expect(outcome(report)).toEqual(['PASS', 0])
    expect(report.ledger).toMatchObject({ scheduled: 1200, ok: 1200, closes: true })
    expect(report.latency).toMatchObject({ n: 1200, unanswered: 0, p50: 20, p95: 20, max: 20 })
    expect(report.budget).toMatchObject({ burn: 0, windowDays: 30 })
    expect(() => SloReport.parse(report)).not.toThrow()
  })

  it('is the same report every time', () => {
    const run = () => JSON.stringify(judge(load(1200, (i) => (i % 90 === 0 ? failed() : ok(i)))))
    expect(run()).toBe(run())
  })

  it('with 5 % errors fails', () => expect(outcome(judge(load(1200, (i) => (i % 20 === 9 ? failed() : ok()))))).toEqual(['FAIL', 1]))

  it('against a target that hangs fails, with no latency to show', () => {
    const report = judge(load(1200, () => timeout))
    expect(outcome(report)).toEqual(['FAIL', 1])
    expect(report.latency).toMatchObject({ n: 1200, unanswered: 1200, p50: null, p95: null, max: null, ecdf: [] })
  })

  it('against a target that hangs until k6 gives up is no pass either', () => {
    const report = judge(load(1200, () => null))
    expect(outcome(report)).toEqual(['NO_DATA', 4])
    expect(report.ledger).toMatchObject({ interrupted: 1200, closes: true })
  })

  it('refused by policy throughout is no data', () => expect(outcome(judge(load(1200, () => refused)))).toEqual(['NO_DATA', 4]))

  it('refused by policy now and then is not the load of the profile', () => {
    const report = judge(load(1200, (i) => (i % 10 === 0 ? refused : ok())))
    expect(outcome(report)).toEqual(['INCONCLUSIVE', 4])
    expect(report.why[0]).toContain('policy refused 120 of 1200 (10 %)')
    expect(report.notEstablished.join()).toContain('Policy refused 120 of 1200')
  })

  it('with more than one in a thousand dropped is inconclusive', () => {
    const points = load(1198, () => ok())
    expect(outcome(judge({ ...points, droppedAt: [19_967, 19_984] }))).toEqual(['INCONCLUSIVE', 4])
    expect(outcome(judge({ ...load(1199, () => ok()), droppedAt: [19_984] }))).toEqual(['PASS', 0])
  })

  it('answered without the upstream is inconclusive', () => {
    const points = load(1200, () => ok())
    const all = points.requests.map(({ nonce }) => nonce)
    expect(judge(points, { upstreamNonces: [...all, 'n0', 'someone-else'] })).toMatchObject({ verdict: 'PASS', upstream: { arrivals: 1201, answeredWithoutArrival: 0 } })
    expect(judge(points, { upstreamNonces: all.slice(2) })).toMatchObject({ verdict: 'INCONCLUSIVE', upstream: { answeredWithoutArrival: 2 } })
  })
})

describe('a run that says nothing of the target', () => {
  it.each([
    ['k6 did nothing and exited 0', load(0, () => ok()), {}],
    ['k6 did less than it should', load(900, () => ok()), {}],
    ['the script threw in every request', load(1200, () => null), { k6Exit: 107 }],
    ['k6 exited 255', load(0, () => ok()), { k6Exit: 255 }],
    ['k6 was interrupted', load(600, () => failed()), { k6Exit: 105, stopped: 'the run was stopped before its end' }],
    ['k6 exited 99 without thresholds', load(1200, () => ok()), { k6Exit: 99 }],
    ['k6 is not there', load(0, () => ok()), { k6Exit: null, stopped: 'k6 did not run: ENOENT' }],
    ['its points are defective', { ...load(1200, () => failed()), defects: ['broken off'] }, {}],
  ])('when %s', (_, points, changes) => {
    const report = judge(points, changes)
    expect(outcome(report)).toEqual(['HARNESS_ERROR', 3])
    expect(report.why.length).toBeGreaterThan(0)
    expect(report.objectives.every(({ verdict }) => verdict === 'HARNESS_ERROR')).toBe(true)
    expect(report.budget).toBeNull()
    expect(report.notEstablished[0]).toContain('no availability can be told from it')
  })
})

it('a run without objectives proves nothing', () => {
  expect(outcome(judge(load(1200, () => ok()), { objectives: [] }))).toEqual(['NO_DATA', 4])
  expect(worstVerdict([])).toBe('NO_DATA')
})

it('the worst verdict wins', () => {
  expect(worstVerdict(['PASS', 'INCONCLUSIVE', 'FAIL'])).toBe('FAIL')
  expect(worstVerdict(['PASS', 'NO_DATA', 'INCONCLUSIVE'])).toBe('NO_DATA')
})

describe('notEstablished', () => {
  it('speaks with the numbers of the run', () => {
    const text = judge(load(1200, (i) => (i === 300 ? failed() : ok()))).notEstablished.join('\n')
    expect(text).toContain('The monthly 99.5 % (216 minutes of budget in 30 days). 1200 scheduled in 20 s, 0 dropped: 1 failure outside policy in 1 episode')
    expect(text).toContain('Success 99.92 %, given that the rig was up (95 % lower bound 99.61 %, if requests are independent)')
    expect(text).toContain('the monthly budget would burn at 0.17x (up to 0.79x)')
    expect(text).toContain('over a month it would burn the 99.5 % budget at 4x')
  })

  it('claims no bound for bursts', () => {
    const text = judge(load(1200, (i) => (i >= 300 && i < 304 ? failed() : ok()))).notEstablished.join('\n')
    expect(text).toContain('no bound is claimed, because failures came in bursts')
  })

  it('is never empty', () => {
    expect(judge(load(0, () => ok()), { objectives: [objectives[1]] }).notEstablished.length).toBeGreaterThan(3)
  })
})
