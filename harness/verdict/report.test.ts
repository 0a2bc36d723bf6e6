import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Claims } from '../../schemas/claims.ts'
import { Report } from '../../schemas/report.ts'
import { errorBody, evidence, jsonExchange, recordsOf } from '../evidence/fixture.ts'
import type { EvidenceInput } from '../evidence/fixture.ts'
import { writeEvidence } from '../evidence/folder.ts'
import type { ScenarioDocument } from '../scenario.ts'
import { reportOf, reproLine } from './report.ts'
import { loadRun, saveRun } from './run-document.ts'
import type { RunDocument } from './run-document.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gauntlet-report-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

type Entry = RunDocument['scenarios'][number]
type Kind = Entry['executions'][number]['kind']
const claims = Claims.parse({})
const checks = [{ check: 'status-is', params: { anyOf: [503] } }]
const got = (status: number): EvidenceInput => ({ exchanges: [jsonExchange('f0', errorBody(), { status })] })
const good = got(503)
const bad = got(200)
/** Unknown for a reason of the harness, and unknown because nothing was seen. */
const broken: EvidenceInput = { ...good, diary: [] }
const blind: EvidenceInput = {}

const document = (entries: Entry[], run: Partial<RunDocument['run']> = {}, selector = ''): RunDocument => ({
  schemaVersion: 1, suite: { version: '0.1.0', catalogueHash: 'abc' },
  run: { id: 'r1', seed: 7, startedAt: '2026-01-02T03:04:05.000Z', durationMs: 12.6, complete: true, strict: false, ...run },
  target: { name: 'a gateway', version: '1', topology: 'one process', claims, selector }, environment: { components: [], missing: [], node: '24', os: 'x', cores: 2 }, unclaimed: [], scenarios: entries,
})

/** Puts one scenario's executions on disk and returns its entry. */
const entry = async (id: string, executions: [kind: Kind, input: EvidenceInput][], changes: Partial<Entry> & { document?: Partial<ScenarioDocument> } = {}): Promise<Entry> => {
  const { document: own, ...rest } = changes
  const { scenario } = evidence({ scenario: { id, checks, ...own } })
  const written = executions.map(([kind, input], i) => ({ kind, folder: `scenarios/${id}/${i}`, found: evidence({ ...input, scenario: { id, checks, ...own } }) }))
  for (const { folder: path, found } of written) await writeEvidence(join(folder, path), { scenario: found.scenario, claims, durationMs: 100.4 }, recordsOf(found))
  return { scenario, outcome: 'run', executions: written.map(({ kind, folder: path }) => ({ kind, folder: path })), ...rest }
}

const one = async (executions: [kind: Kind, input: EvidenceInput][], changes: Parameters<typeof entry>[2] = {}) => {
  const report = await reportOf(folder, document([await entry('area/name', executions, changes)]))
  const [scenario] = report.scenarios
  if (!scenario) throw new Error('one scenario was asked for')
  return { report, scenario }
}

describe('one scenario', () => {
  test('that passed', async () => {
    const { report, scenario } = await one([['first', good]])
    expect(scenario).toMatchObject({ id: 'area/name', verdict: 'pass', flaky: null, durationMs: 100, evidence: 'scenarios/area/name/0', checks: [{ name: 'status-is', verdict: 'pass' }] })
    expect(scenario.timelines.map((t) => t.nonce)).toEqual(['f0'])
    expect(report).toMatchObject({ run: { durationMs: 13, selected: 1, executed: 1, exitCode: 0, complete: true }, summary: { verdict: 'conformant' } })
    expect(report.target).not.toHaveProperty('selector')
  })

  const rows: [name: string, executions: [Kind, EvidenceInput][], verdict: string, flaky: object | null, folder: number][] = [
    ['failed five times of five', [['first', bad], ['repeat', bad], ['repeat', bad], ['repeat', bad], ['repeat', bad]], 'fail', { failed: 5, of: 5 }, 0],
    ['failed once of five', [['first', bad], ['repeat', good], ['repeat', good], ['repeat', good], ['repeat', good]], 'fail', { failed: 1, of: 5 }, 0],
    ['failed and was not repeated', [['first', bad]], 'fail', null, 0],
    ['passed first and failed in a repeat', [['first', good], ['repeat', good], ['repeat', bad]], 'fail', { failed: 1, of: 3 }, 2],
    ['passed every time', [['first', good], ['repeat', good]], 'pass', null, 0],
    ['passed first and was unknown in a repeat', [['first', good], ['repeat', broken]], 'unknown', null, 1],
    ['was unknown first and passed again', [['first', broken], ['again', good]], 'pass', null, 1],
    ['was unknown twice and failed again', [['first', broken], ['again', broken], ['again', bad], ['repeat', bad]], 'fail', { failed: 2, of: 2 }, 2],
    ['was unknown three times', [['first', broken], ['again', broken], ['again', broken]], 'unknown', null, 2],
    ['saw nothing', [['first', blind]], 'unknown', null, 0],
  ]
  test.each(rows)('that %s', async (_, executions, verdict, flaky, decisive) => {
    const { scenario } = await one(executions)
    expect(scenario).toMatchObject({ verdict, flaky, evidence: `scenarios/area/name/${decisive}`, durationMs: Math.round(100.4 * executions.length) })
  })

  test('that was unknown says why', async () => {
    expect((await one([['first', broken]])).scenario.reason).toBe('the scenario did not run to its end')
    expect((await one([['first', blind]])).scenario.reason).toBe('no evidence')
  })

  test('that was never begun', async () => {
    const base = { flaky: null, checks: [], timelines: [], durationMs: 0, evidence: null }
    expect((await one([], { outcome: 'skipped', reason: 'toxiproxy not found' })).scenario).toMatchObject({ ...base, verdict: 'skipped', reason: 'toxiproxy not found' })
    expect((await one([], { outcome: 'not_supported', reason: 'breaker' })).scenario).toMatchObject({ ...base, verdict: 'not_supported', reason: 'breaker' })
    expect((await one([], { outcome: 'pending' })).scenario).toMatchObject({ ...base, verdict: 'unknown', reason: 'the run ended before it' })
    expect((await one([], { outcome: 'run' })).scenario).toMatchObject({ ...base, verdict: 'unknown' })
  })

  test('shows the request that decided, the failed before the unknown', async () => {
    const own = { checks: [{ check: 'upstream-stops', params: {} }, { check: 'status-is', params: { anyOf: [503], labels: ['second'] } }] }
    const exchanges = [jsonExchange('f0', errorBody(), { status: 503 }), jsonExchange('f1', errorBody(), { status: 500, label: 'second' })]
    const { scenario } = await one([['first', { exchanges, diary: [{ kind: 'lag', ms: 90 }, { kind: 'window', window: 'end' }] }]], { document: own })
    expect(scenario.checks.map((c) => c.verdict)).toEqual(['unknown', 'fail'])
    expect(scenario.timelines.map((t) => [t.nonce, t.label])).toEqual([['f1', 'second']])
  })

  test('that warns, and fails where the run was strict', async () => {
    const should = await entry('area/name', [['first', bad]])
    for (const path of should.executions) {
      const found = evidence({ ...bad, requirement: { level: 'SHOULD' }, scenario: { id: 'area/name', checks } })
      await writeEvidence(join(folder, path.folder), { scenario: found.scenario, claims, durationMs: 1 }, recordsOf(found))
    }
    expect(await reportOf(folder, document([should]))).toMatchObject({ run: { exitCode: 0 }, scenarios: [{ verdict: 'warn' }] })
    expect(await reportOf(folder, document([should], { strict: true }))).toMatchObject({ run: { exitCode: 1 }, scenarios: [{ verdict: 'fail', repro: expect.stringMatching(/ --strict$/) }] })
  })
})

describe('a run', () => {
  test('makes a document that its schema knows, the same every time', async () => {
    const run = document([await entry('a/one', [['first', good]]), await entry('a/two', [['first', bad], ['repeat', good]]), await entry('b/three', [], { outcome: 'skipped', reason: 'x' })])
    const report = await reportOf(folder, run)
    expect(Report.parse(JSON.parse(JSON.stringify(report)))).toEqual(report)
    expect(await reportOf(folder, run)).toEqual(report)
    expect(report.run).toMatchObject({ selected: 3, executed: 2, exitCode: 1 })
    expect(report.summary.counts).toEqual({ pass: 1, warn: 0, fail: 1, unknown: 0, skipped: 1, not_supported: 0 })
  })

  test('that was stopped is not green, though all it did passed', async () => {
    const report = await reportOf(folder, document([await entry('a/one', [['first', good]])], { complete: false, stopped: 'SIGINT' }))
    expect(report).toMatchObject({ run: { complete: false, stopped: 'SIGINT', exitCode: 4 }, summary: { verdict: 'incomplete' } })
  })

  test('is read from run.json, whole or not at all', async () => {
    const run = document([await entry('a/one', [['first', good]])])
    await saveRun(folder, run)
    expect(await loadRun(folder)).toEqual(run)
    await writeFile(join(folder, 'run.json'), JSON.stringify(run).slice(0, -20))
    await expect(loadRun(folder)).rejects.toMatchObject({ code: 'HAR_ERR_RUN_UNREADABLE' })
    await writeFile(join(folder, 'run.json'), JSON.stringify({ ...run, more: 1 }))
    await expect(loadRun(folder)).rejects.toMatchObject({ code: 'HAR_ERR_RUN_UNREADABLE' })
    await expect(loadRun(join(folder, 'none'))).rejects.toMatchObject({ code: 'HAR_ERR_RUN_UNREADABLE', exitCode: 2 })
    await expect(saveRun(join(folder, 'none'), run)).rejects.toMatchObject({ code: 'HAR_ERR_DISK' })
  })

  test('whose evidence was lost is unreadable, never a pass', async () => {
    const run = document([await entry('a/one', [['first', good]])])
    await rm(join(folder, 'scenarios/a/one/0'), { recursive: true })
    await expect(reportOf(folder, run)).rejects.toMatchObject({ code: 'HAR_ERR_RUN_UNREADABLE' })
  })
})

test('the line that runs it again can be pasted into a shell', () => {
  expect(reproLine(document([]), 'wire/chat-json')).toBe('npx gauntlet run --only wire/chat-json --seed 7')
  expect(reproLine(document([], { strict: true }, 'control:no-cancel'), 'a/b')).toBe('npx gauntlet run --target control:no-cancel --only a/b --seed 7 --strict')
  expect(reproLine(document([], {}, "my gateway's"), 'a/$(b)')).toBe(`npx gauntlet run --target 'my gateway'\\''s' --only 'a/$(b)' --seed 7`)
})
