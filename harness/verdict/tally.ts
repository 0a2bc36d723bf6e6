import type { Counts, Report, ScenarioReport } from '../../schemas/report.ts'

const zero = (): Counts => ({ pass: 0, warn: 0, fail: 0, unknown: 0, skipped: 0, not_supported: 0 })
const CONFORMANT = new Set(['rfc', 'schema', 'vendor-doc'])

const judged = (s: ScenarioReport): boolean => s.verdict !== 'skipped' && s.verdict !== 'not_supported'
const mark = (list: ScenarioReport[]): { passed: number; total: number } => ({
  passed: list.filter((s) => s.verdict === 'pass' || s.verdict === 'warn').length,
  total: list.filter(judged).length,
})

/** Counts per outcome and per origin, the two marks and the one-word verdict. No percentage: a score hides a MUST. */
export const summarise = (scenarios: ScenarioReport[], complete: boolean): Report['summary'] => {
  const counts = zero()
  const byOrigin: Record<string, Counts> = {}
  for (const s of scenarios) {
    counts[s.verdict]++
    const origin = (byOrigin[s.requirement.origin] ??= zero())
    origin[s.verdict]++
  }
  const nothing = !scenarios.some(judged)
  const verdict = counts.fail > 0 ? 'not conformant' : !complete ? 'incomplete' : counts.unknown > 0 || nothing ? 'not proved' : 'conformant'
  return {
    verdict,
    conformant: mark(scenarios.filter((s) => CONFORMANT.has(s.requirement.origin))),
    resilient: mark(scenarios.filter((s) => !CONFORMANT.has(s.requirement.origin))),
    counts,
    byOrigin,
  }
}

/** The exit code of a run: a finding is 1, nothing executed 2, something unknown or unfinished 4, else 0. */
export const exitCodeOf = (summary: Report['summary'], executed: number): number => {
  if (summary.counts.fail > 0) return 1
  if (executed === 0) return 2
  return summary.verdict === 'conformant' ? 0 : 4
}
