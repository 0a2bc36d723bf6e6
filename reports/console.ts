import { summaryLines } from './console/summary.ts'
import type { Reporter } from './reporter.ts'

/** The one-screen summary as text. `liveConsole` prints the same when a run ends. */
const console: Reporter = { name: 'console', render: (report, options) => `${summaryLines(report, options).join('\n')}\n` }
export default console

export { liveConsole, type Terminal } from './console/live.ts'
