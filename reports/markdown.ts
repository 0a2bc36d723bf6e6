import type { Report, ScenarioReport } from '../schemas/report.ts'
import { areas, badChecks, count, countWords, findings, judged, reasonOf, standing, STANDING_WORD, type Standing } from './lib/read.ts'
import { clip, oneLine } from './lib/visible.ts'
import { componentText, duration, GLYPH, repeats } from './lib/words.ts'
import type { Reporter } from './reporter.ts'

const MARK: Record<Standing, string> = { conformant: '✅', 'not conformant': '❌', 'not proved': '❔', incomplete: '⛔' }
const IN_FULL = 20

/** summary.md: what a GitHub step summary shows; short enough for its limit of 1 MiB whatever the evidence holds. */
const markdown: Reporter = {
  name: 'markdown',
  file: 'summary.md',
  render: (report) => [...head(report), ...table(report), ...found(report), ...tail(report)].join('\n') + '\n',
}
export default markdown

// Evidence must not become markup, a link or a mention: backslash before whatever Markdown reads, entities for HTML.
const text = (value: string, max = 600): string =>
  clip(oneLine(value), max)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#+!|~-]/g, String.raw`\$&`)
    .replaceAll('@', '@\u200C')
    .replaceAll('://', ':\u200C//')

const code = (value: string, max = 600): string => {
  const shown = clip(oneLine(value), max)
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length))
  const fence = '`'.repeat(longest + 1)
  return longest > 0 ? `${fence} ${shown} ${fence}` : `${fence}${shown}${fence}`
}

const head = (report: Report): string[] => {
  const { run, summary, suite, target } = report
  const stands = standing(report)
  const ran = stands === 'incomplete' ? `${String(run.executed)} of ${String(run.selected)} scenarios ran: ${text(run.stopped ?? 'no reason was recorded')}` : countWords(count(report.scenarios), ['fail', 'unknown', 'warn', 'pass', 'skipped', 'not_supported'])
  return [
    `## ${MARK[stands]} ${STANDING_WORD[stands]}: ${text(`${target.name} ${target.version}`)}`,
    '',
    `${ran} · ${duration(run.durationMs)} · seed ${String(run.seed)} · suite ${text(suite.version)}`,
    '',
    `**Conformant** ${String(summary.conformant.passed)} / ${String(summary.conformant.total)} (rfc, schema, vendor-doc) · **Resilient** ${String(summary.resilient.passed)} / ${String(summary.resilient.total)} (de-facto, house)`,
    '',
  ]
}

const table = (report: Report): string[] => [
  '| area | passed | |',
  '|---|---:|---|',
  ...areas(report).map(({ name, scenarios }) => {
    const counts = count(scenarios)
    const total = judged(counts)
    return `| ${text(name)} | ${total === 0 ? '–' : `${String(counts.pass)} / ${String(total)}`} | ${countWords(counts)} |`
  }),
  '',
]

const found = (report: Report): string[] => {
  const all = findings(report)
  const more = all.length - IN_FULL
  return [...all.slice(0, IN_FULL).flatMap(finding), ...(more > 0 ? [`… and ${String(more)} more in the report.`, ''] : [])]
}

const finding = (s: ScenarioReport): string[] => {
  const again = repeats(s)
  const { level, origin, text: sentence, source } = s.requirement
  const checks = badChecks(s).slice(0, 5)
  return [
    `### ${GLYPH[s.verdict]} ${text(s.title)}`,
    '',
    `${code(s.id)} · ${level} ${origin}${again === '' ? '' : ` · ${again}`}${s.verdict === 'unknown' ? ` · not proved: ${text(reasonOf(s))}` : ''}`,
    '',
    `> ${text(sentence)}  `,
    `> ${text(source)}`,
    '',
    ...(checks.length > 0 ? ['| check | expected | actual |', '|---|---|---|', ...checks.map((c) => `| ${GLYPH[c.verdict]} ${text(c.name)} | ${text(c.expected)} | ${text(c.actual)} |`), ''] : []),
    code(s.repro),
    '',
  ]
}

const tail = (report: Report): string[] => {
  const { components, missing } = report.environment
  const present = components.map((c) => text(componentText(c)))
  const absent = missing.map((m) => `${text(m.name)} – ${text(m.reason)} (${code(m.install)})`)
  return [[...present, ...absent].join(' · ')]
}
