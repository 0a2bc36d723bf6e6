import { join } from 'node:path'
import type { Report } from '../../schemas/report.ts'
import type { Environment } from '../components/index.ts'
import { run } from '../engine/run.ts'
import type { Scenario } from '../scenario.ts'
import { controlTarget } from '../targets/builtin.ts'

/** What a control came to, scenario by scenario; scenarios that passed are left out. */
export type MatrixRow = Record<string, string>

const SOMETIMES = 'sometimes '
/** Before a measured cell of which a check is left out, because the harness itself was too slow for it. */
const PARTLY = 'partly '

/**
 * Where two rows disagree. A cell that begins with `sometimes` is a race that the seed does not decide: it may be missing,
 * or come with some of its checks only; everything else is exact.
 */
export const disagreements = (expected: MatrixRow, measured: MatrixRow): string[] =>
  [...new Set([...Object.keys(expected), ...Object.keys(measured)])].flatMap((id) => {
    const [wanted, got] = [expected[id], measured[id]]
    if (wanted === got) return []
    const racy = wanted?.startsWith(SOMETIMES) === true || got?.startsWith(PARTLY) === true
    const names = (cell: string): string[] => cell.replace(/^(sometimes |partly )?\w+: /, '').split(', ')
    if (racy && wanted !== undefined && (got === undefined || names(got).every((name) => names(wanted).includes(name)))) return []
    return [`${id}: expected ${wanted ?? 'pass'}, measured ${got ?? 'pass'}`]
  })

/** Unknown for a reason of the harness, after it was measured three times: no verdict, so nothing to compare. */
const OURS = /^(harness lag|the harness (lagged|paused|took)|asked too slowly|the control row failed|the model itself took|the scenario did not run)/

/** One cell of the matrix: the outcome and the checks that made it. Numbers stay out: they differ from run to run. */
const cell = (scenario: Report['scenarios'][number]): string => {
  const names = scenario.checks.filter((c) => c.verdict === scenario.verdict).map((c) => c.name)
  const why = scenario.verdict === 'unknown' ? [(scenario.reason ?? '').replace(/:.*/s, '').replace(/\d+/g, 'n')] : names
  const partly = scenario.verdict !== 'unknown' && scenario.checks.some((c) => c.verdict === 'unknown' && OURS.test(c.reason ?? ''))
  return `${partly ? PARTLY : ''}${scenario.verdict}: ${why.join(', ')}`
}

/** Puts one control through scenarios and returns its row, and what could not be asked here. */
export const measureControl = async (
  name: string, options: { scenarios: Readonly<Record<string, Scenario>>; environment: Environment; folder: string; cells: number; signal: AbortSignal },
): Promise<{ row: MatrixRow; skipped: string[]; unmeasured: string[] }> => {
  const { scenarios, environment, folder, cells, signal } = options
  const report = await run({
    target: controlTarget(name, { redis: environment.redis !== undefined, version: '0' }), selector: `control:${name}`, scenarios, suite: { version: '0', catalogueHash: '' }, environment,
    seed: 1, strict: true, repeat: 1, confirm: 0, cells, folder: join(folder, name), signal, live: {},
  })
  const unmeasured = report.scenarios.filter((s) => s.verdict === 'unknown' && OURS.test(s.reason ?? '')).map((s) => s.id)
  const row = Object.fromEntries(report.scenarios.filter((s) => s.verdict !== 'pass' && s.verdict !== 'skipped' && !unmeasured.includes(s.id)).map((s) => [s.id, cell(s)]))
  return { row, skipped: report.scenarios.filter((s) => s.verdict === 'skipped').map((s) => s.id), unmeasured }
}
