import imported, { type Builder, type TestCase, type TestSuite } from 'junit-report-builder'
import type { CheckResult, Report, ScenarioReport } from '../schemas/report.ts'
import { areas, badChecks, installFor, reasonOf, standing } from './lib/read.ts'
import { clip, oneLine, visible } from './lib/visible.ts'
import { areaOf, repeats, WORD } from './lib/words.ts'
import type { Reporter } from './reporter.ts'

// The package's types describe an ES module; what Node imports is CommonJS whose whole export is the builder.
const builder = imported as unknown as Builder

/** A failed MUST is a failure, what was not proved is an error: a CI that ignores errors is wrong, not quiet. */
const junit: Reporter = {
  name: 'junit',
  file: 'junit.xml',
  render: (report) => {
    const root = builder.newBuilder().name(text(`gauntlet · ${report.target.name} ${report.target.version}`))
    for (const area of areas(report)) {
      const suite = root.testSuite().name(text(area.name)).timestamp(report.run.startedAt).time(seconds(area.scenarios))
      suite.property('seed', String(report.run.seed)).property('suite', text(report.suite.version))
      for (const scenario of area.scenarios) testCase(suite, report, scenario)
    }
    if (standing(report) === 'incomplete') unfinished(root.testSuite().name('run').time(0), report)
    return `${root.build()}\n`
  },
}
export default junit

const text = (value: string): string => oneLine(value)
// xmlbuilder escapes only the first `]]>` of a CDATA section; a second one would end it.
const block = (value: string): string => visible(value).replaceAll(']]>', ']] >')
const seconds = (scenarios: readonly ScenarioReport[]): number => scenarios.reduce((sum, s) => sum + s.durationMs, 0) / 1000

const describeCheck = (check: CheckResult): string =>
  [
    `${check.name}: ${WORD[check.verdict]}${check.reason === undefined ? '' : ` (${check.reason})`}`,
    `  expected ${clip(check.expected, 2000)}`,
    `  actual   ${clip(check.actual, 2000)}`,
    ...(check.nonces.length > 0 ? [`  requests ${check.nonces.slice(0, 5).join(', ')}`] : []),
  ].join('\n')

const details = (s: ScenarioReport): string => {
  const { level, origin, text: sentence, source, id } = s.requirement
  const again = repeats(s)
  return block([`${level} ${origin} · ${id}`, sentence, `source: ${source}`, ...(again === '' ? [] : [`repeated: ${again}`]), '', ...badChecks(s).map(describeCheck), '', `repro: ${s.repro}`].join('\n'))
}

const headline = (s: ScenarioReport): string => {
  const worst = badChecks(s)[0]
  const seen = worst === undefined ? '' : ` · expected ${worst.expected} · actual ${worst.actual}`
  return text(`${s.requirement.text}${clip(seen, 600)} · repro: ${s.repro}`)
}

const testCase = (suite: TestSuite, report: Report, s: ScenarioReport): void => {
  const test = suite.testCase().className(text(`gauntlet.${areaOf(s.id)}`)).name(text(`${s.id}: ${s.title}`)).time(s.durationMs / 1000)
  test.property('requirement', text(s.requirement.id)).property('level', s.requirement.level).property('origin', s.requirement.origin)
  if (s.verdict === 'fail') test.failure(headline(s), 'fail').stacktrace(details(s))
  if (s.verdict === 'unknown') test.error(text(`not proved: ${reasonOf(s)} · repro: ${s.repro}`), 'unknown', details(s))
  if (s.verdict === 'warn') test.standardOutput(`warning\n${details(s)}`)
  if (s.verdict === 'skipped') skip(test, [`skipped: ${reasonOf(s)}`, installFor(report, s) ?? ''].filter((part) => part !== '').join(' · '))
  if (s.verdict === 'not_supported') skip(test, `not claimed: ${reasonOf(s)}`)
}

/** The builder writes `<skipped/>` without its reason, the one thing a reader of a skipped test asks for. */
const skip = (test: TestCase, reason: string): void => {
  const build = test.build.bind(test)
  test.getSkippedCount = () => 1
  test.build = (parent) => {
    const element = build(parent)
    element.ele('skipped', { message: text(reason) })
    return element
  }
}

const unfinished = (suite: TestSuite, report: Report): void => {
  const { stopped, executed, selected } = report.run
  const why = `the run did not complete: ${stopped ?? 'no reason was recorded'}; ${String(executed)} of ${String(selected)} scenarios ran`
  suite.testCase().className('gauntlet.run').name('the run completed').time(0).error(text(why), 'incomplete')
}
