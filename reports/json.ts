import { Report } from '../schemas/report.ts'
import type { Reporter } from './reporter.ts'

/**
 * report.json. The schema gives the order of the keys, so two runs differ only where they differ. A document that does not
 * match it is still written: losing the evidence is worse, and no reader accepts it as green.
 */
const json: Reporter = {
  name: 'json',
  file: 'report.json',
  render: (report) => {
    const parsed = Report.safeParse(report)
    return `${JSON.stringify(parsed.success ? ordered(parsed.data) : report, null, 2)}\n`
  },
}
export default json

const ordered = (report: Report): Report => {
  const byOrigin = Object.fromEntries(Object.entries(report.summary.byOrigin).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return { ...report, summary: { ...report.summary, byOrigin } }
}
