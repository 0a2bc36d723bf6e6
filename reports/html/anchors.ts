import type { Report, ScenarioReport } from '../../schemas/report.ts'
import type { Outcome } from '../../schemas/verdict.ts'

/** The class of an outcome: one letter, for it stands on every cell, tag and sign. */
export const CLASS: Record<Outcome, string> = { pass: 'p', warn: 'w', fail: 'f', unknown: 'u', skipped: 's', not_supported: 'n' }

/** Where each scenario is on the page. Its id is its anchor, so a link to a finding reads like the finding. */
export const anchors = (report: Report): Map<ScenarioReport, string> => {
  const taken = new Set<string>(['report'])
  const result = new Map<ScenarioReport, string>()
  for (const scenario of report.scenarios) {
    const plain = scenario.id.replace(/[^\w/.-]+/g, '-').slice(0, 120)
    let anchor = plain
    for (let n = 2; taken.has(anchor); n += 1) anchor = `${plain}-${String(n)}`
    taken.add(anchor)
    result.set(scenario, anchor)
  }
  return result
}
