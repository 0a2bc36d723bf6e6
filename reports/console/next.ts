import type { Report } from '../../schemas/report.ts'
import { findings, reasonOf, standing } from '../lib/read.ts'
import { plural } from '../lib/words.ts'

/** What to do now, in words; it differs by how the run ended. */
export const nextStep = (report: Report): string => {
  const { run, environment, scenarios, summary } = report
  const found = findings(report)
  const wanted = environment.missing.filter((m) => scenarios.some((s) => s.verdict === 'skipped' && reasonOf(s).toLowerCase().includes(m.name.toLowerCase())))
  const stands = standing(report)
  if (stands === 'incomplete') return `Nothing here counts as green. Remove the cause (gauntlet doctor names what is missing), then run again with --seed ${String(run.seed)}.`
  if (stands === 'not conformant') return 'Run a failed scenario alone with its line above, read both sides of its time line in the report, repair the target, run it again.'
  if (stands === 'not proved') return `Not proved is not passed. On a quiet machine, run again: ${found[0]?.repro ?? 'gauntlet run'}`
  if (wanted[0] !== undefined) return `${plural(summary.counts.skipped, 'scenario')} could not run. ${wanted[0].install} – then run again.`
  if (summary.counts.warn > 0) return `Read the ${plural(summary.counts.warn, 'warning')} in the report; --strict makes a SHOULD count as a MUST.`
  return 'Keep it so: run this in CI with --reporter junit,html and --require for the components it needs.'
}
