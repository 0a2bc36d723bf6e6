import type { CheckResult, Counts, Report, ScenarioReport } from '../../schemas/report.ts'
import type { Outcome } from '../../schemas/verdict.ts'
import { areaOf, plural } from './words.ts'

export type Standing = Report['summary']['verdict']

export const STANDING_WORD: Record<Standing, string> = {
  conformant: 'Conformant', 'not conformant': 'Not conformant', 'not proved': 'Not proved', incomplete: 'Incomplete',
}

/**
 * How the run stands, read with suspicion: a run that did not complete or executed nothing is incomplete, and no summary
 * can call a document conformant that holds a failed or unproved scenario.
 */
export const standing = (report: Report): Standing => {
  const { run, summary, scenarios } = report
  if (!run.complete || run.executed === 0 || summary.verdict === 'incomplete') return 'incomplete'
  const has = (outcome: Outcome) => scenarios.some((s) => s.verdict === outcome)
  if (summary.verdict === 'not conformant' || has('fail')) return 'not conformant'
  return summary.verdict === 'not proved' || has('unknown') ? 'not proved' : 'conformant'
}

/** Outcomes of some scenarios, counted. */
export const count = (scenarios: readonly ScenarioReport[]): Counts => {
  const counts: Counts = { pass: 0, warn: 0, fail: 0, unknown: 0, skipped: 0, not_supported: 0 }
  for (const s of scenarios) counts[s.verdict] += 1
  return counts
}

/** How many were judged: what was skipped or not claimed is in no total. */
export const judged = (counts: Counts): number => counts.pass + counts.warn + counts.fail + counts.unknown

/** The scenarios by area, in the order of the document. */
export const areas = (report: Report): { name: string; scenarios: ScenarioReport[] }[] =>
  Object.entries(Object.groupBy(report.scenarios, (s) => areaOf(s.id))).map(([name, scenarios]) => ({ name, scenarios: scenarios ?? [] }))

const LEVELS = ['MUST', 'MAY', 'SHOULD', 'OBSERVE']
const ORIGINS = ['rfc', 'schema', 'vendor-doc', 'de-facto', 'house']
const WORST_FIRST: Outcome[] = ['fail', 'unknown', 'warn']
const rank = (s: ScenarioReport): number =>
  WORST_FIRST.indexOf(s.verdict) * 100 + LEVELS.indexOf(s.requirement.level) * 10 + ORIGINS.indexOf(s.requirement.origin)

/** What needs a reader: failures, then what is not proved, then warnings; the most binding first. */
export const findings = (report: Report): ScenarioReport[] =>
  report.scenarios.filter((s) => WORST_FIRST.includes(s.verdict)).toSorted((a, b) => rank(a) - rank(b))

/** The checks that brought a scenario down, worst first. */
export const badChecks = (scenario: ScenarioReport): CheckResult[] =>
  WORST_FIRST.flatMap((verdict) => scenario.checks.filter((c) => c.verdict === verdict))

/** Why a scenario is not proved, skipped or not judged, in the words of the document. */
export const reasonOf = (s: ScenarioReport): string =>
  s.reason ?? badChecks(s).find((c) => c.reason !== undefined)?.reason ?? (s.verdict === 'not_supported' ? s.features.join(', ') : 'no reason was recorded')

/** `2 failed, 1 unknown, 3 skipped`: only what there is. */
export const countWords = (counts: Counts, only: readonly Outcome[] = ['fail', 'unknown', 'warn', 'skipped', 'not_supported']): string => {
  const words: Record<Outcome, string> = {
    fail: `${String(counts.fail)} failed`, unknown: `${String(counts.unknown)} unknown`, warn: plural(counts.warn, 'warning'), pass: `${String(counts.pass)} passed`,
    skipped: `${String(counts.skipped)} skipped`, not_supported: `${String(counts.not_supported)} not claimed`,
  }
  return only.filter((outcome) => counts[outcome] > 0).map((outcome) => words[outcome]).join(', ')
}

/** The line that gets the component a skipped scenario wanted, when the document names one. */
export const installFor = (report: Report, scenario: ScenarioReport): string | undefined =>
  report.environment.missing.find((m) => reasonOf(scenario).toLowerCase().includes(m.name.toLowerCase()))?.install
