import type { Report, ScenarioReport } from '../schemas/report.ts'
import type { Outcome } from '../schemas/verdict.ts'
import { badChecks, count, reasonOf, standing } from './lib/read.ts'
import { clip, visible } from './lib/visible.ts'
import { areaOf } from './lib/words.ts'
import type { Reporter } from './reporter.ts'

// `other` for unknown: CTRF has no word for "not proved", and neither passed nor skipped would be true.
const STATUS: Record<Outcome, string> = { pass: 'passed', warn: 'passed', fail: 'failed', unknown: 'other', skipped: 'skipped', not_supported: 'skipped' }

/** ctrf.json, the Common Test Report Format. */
const ctrf: Reporter = { name: 'ctrf', file: 'ctrf.json', render: (report) => `${JSON.stringify(document(report), null, 2)}\n` }
export default ctrf

const document = (report: Report) => {
  const start = Date.parse(report.run.startedAt)
  const counts = count(report.scenarios)
  const incomplete = standing(report) === 'incomplete'
  return {
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    timestamp: report.run.startedAt,
    generatedBy: `gauntlet ${report.suite.version}`,
    results: {
      tool: { name: 'gauntlet', version: report.suite.version },
      summary: {
        tests: report.scenarios.length + (incomplete ? 1 : 0),
        passed: counts.pass + counts.warn,
        failed: counts.fail + (incomplete ? 1 : 0),
        skipped: counts.skipped + counts.not_supported,
        pending: 0,
        other: counts.unknown,
        start,
        stop: start + Math.round(report.run.durationMs),
        extra: { verdict: standing(report), complete: report.run.complete, counts, seed: report.run.seed, exitCode: report.run.exitCode },
      },
      tests: [...report.scenarios.map(test), ...(incomplete ? [unfinished(report)] : [])],
      environment: {
        appName: report.target.name,
        appVersion: report.target.version,
        osPlatform: report.environment.os,
        healthy: standing(report) === 'conformant',
        extra: { node: report.environment.node, components: report.environment.components },
      },
    },
  }
}

const test = (s: ScenarioReport) => {
  const worst = badChecks(s)[0]
  const message = worst === undefined ? reasonOf(s) : `${s.requirement.text} Expected ${worst.expected}; actual ${worst.actual}.`
  return {
    name: s.id,
    status: STATUS[s.verdict],
    rawStatus: s.verdict,
    duration: Math.round(s.durationMs),
    suite: [areaOf(s.id)],
    ...(s.verdict === 'pass' ? {} : { message: visible(clip(message, 4000)) }),
    tags: [s.requirement.level, s.requirement.origin],
    extra: { title: s.title, requirement: s.requirement.id, source: s.requirement.source, flaky: s.flaky, repro: s.repro },
  }
}

// A reader of the totals alone must not take a run that stopped for a green one.
const unfinished = ({ run }: Report) => ({
  name: 'the run completed',
  status: 'failed',
  rawStatus: 'incomplete',
  duration: 0,
  message: visible(`${run.stopped ?? 'no reason was recorded'}; ${String(run.executed)} of ${String(run.selected)} scenarios ran`),
})
