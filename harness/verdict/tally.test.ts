import { describe, expect, test } from 'vitest'
import type { ScenarioReport } from '../../schemas/report.ts'
import type { Origin, Outcome } from '../../schemas/verdict.ts'
import { exitCodeOf, summarise } from './tally.ts'

const scenario = (verdict: Outcome, origin: Origin = 'house'): ScenarioReport => ({
  id: 'a/b', title: '', requirement: { id: 'r', level: 'MUST', origin, text: '', source: '' }, features: [], verdict, flaky: null, checks: [], timelines: [], durationMs: 1, evidence: null, repro: '',
})
const of = (...verdicts: Outcome[]) => verdicts.map((v) => scenario(v))

describe('verdict and exit code', () => {
  const rows: [what: string, verdicts: Outcome[], complete: boolean, executed: number, verdict: string, exit: number][] = [
    ['all passed', ['pass', 'pass'], true, 2, 'conformant', 0],
    ['a warning', ['pass', 'warn'], true, 2, 'conformant', 0],
    ['some skipped, some not supported', ['pass', 'skipped', 'not_supported'], true, 1, 'conformant', 0],
    ['one failed', ['pass', 'fail'], true, 2, 'not conformant', 1],
    ['one failed, one unknown', ['fail', 'unknown'], true, 2, 'not conformant', 1],
    ['one failed before the run was stopped', ['fail', 'unknown'], false, 1, 'not conformant', 1],
    ['one unknown', ['pass', 'unknown'], true, 2, 'not proved', 4],
    ['all passed, but the run was stopped', ['pass', 'pass'], false, 2, 'incomplete', 4],
    ['stopped with scenarios left', ['pass', 'unknown'], false, 1, 'incomplete', 4],
    ['stopped before the first', ['unknown'], false, 0, 'incomplete', 2],
    ['all skipped', ['skipped', 'skipped'], true, 0, 'not proved', 2],
    ['none supported', ['not_supported'], true, 0, 'not proved', 2],
    ['nothing selected', [], true, 0, 'not proved', 2],
  ]
  test.each(rows)('%s', (_, verdicts, complete, executed, verdict, exit) => {
    const summary = summarise(of(...verdicts), complete)
    expect(summary.verdict).toBe(verdict)
    expect(exitCodeOf(summary, executed)).toBe(exit)
  })

  test('a run that is not complete is green in no case', () => {
    for (const [, verdicts, , executed] of rows) {
      const summary = summarise(of(...verdicts), false)
      expect(summary.verdict).not.toBe('conformant')
      expect(exitCodeOf(summary, executed)).not.toBe(0)
    }
  })
})

test('counts every outcome, in all and per origin', () => {
  const { counts, byOrigin } = summarise([scenario('pass', 'rfc'), scenario('fail', 'rfc'), scenario('skipped', 'rfc'), scenario('unknown'), scenario('warn'), scenario('not_supported')], true)
  expect(counts).toEqual({ pass: 1, warn: 1, fail: 1, unknown: 1, skipped: 1, not_supported: 1 })
  expect(byOrigin).toEqual({ rfc: { pass: 1, warn: 0, fail: 1, unknown: 0, skipped: 1, not_supported: 0 }, house: { pass: 0, warn: 1, fail: 0, unknown: 1, skipped: 0, not_supported: 1 } })
})

test('the two marks: documents on one side, practice on the other, nothing that was not judged', () => {
  const { conformant, resilient } = summarise(
    [scenario('pass', 'rfc'), scenario('warn', 'schema'), scenario('fail', 'vendor-doc'), scenario('skipped', 'rfc'), scenario('pass', 'de-facto'), scenario('unknown', 'house'), scenario('not_supported', 'house')], true,
  )
  expect(conformant).toEqual({ passed: 2, total: 3 })
  expect(resilient).toEqual({ passed: 1, total: 2 })
})
