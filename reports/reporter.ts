import type { Report, ScenarioReport } from '../schemas/report.ts'
import type { Paint } from './lib/paint.ts'

/** What a reporter may be told besides the verdict document. Everything has a default that suits a file. */
export interface RenderOptions {
  /** columns of a text reporter; 80 */
  width?: number
  /** how a text reporter colours; not at all */
  paint?: Paint
  /** where the file reports lie, by reporter name; for reporters that point at them */
  paths?: Record<string, string>
}

/** Turns the verdict document into text and knows nothing else: no clock, no disk, no engine. */
export interface Reporter {
  name: string
  /** the file it fills in the run folder; without one its text is for the terminal */
  file?: string
  render(report: Report, options?: RenderOptions): string | Promise<string>
}

/** What is known before the first scenario starts. */
export interface StartInfo {
  suite: string
  target: string
  seed: number
  total: number
}

/** Follows a run while it lasts. Every hook is optional; none can change the run. */
export interface LiveReporter {
  onStart?(info: StartInfo): void
  /** a line about the harness itself: a component that starts, a wait, a stop */
  onProgress?(line: string): void
  onScenarioStart?(id: string): void
  onScenario?(scenario: ScenarioReport, done: number, total: number): void
  onEnd?(report: Report, paths: Record<string, string>): void
}
