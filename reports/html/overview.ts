import type { Report, ScenarioReport } from '../../schemas/report.ts'
import type { Outcome } from '../../schemas/verdict.ts'
import { areas, badChecks, count, countWords, findings, judged, reasonOf, standing, STANDING_WORD, type Standing } from '../lib/read.ts'
import { clip, oneLine } from '../lib/visible.ts'
import { componentText, duration, GLYPH, plural, WORD } from '../lib/words.ts'
import { CLASS } from './anchors.ts'
import { html, nothing, type Html } from './escape.ts'

const STANDING_CLASS: Record<Standing, string> = { conformant: 'p', 'not conformant': 'f', 'not proved': 'u', incomplete: 'f' }

/** What was tested, with what, and what was not there. */
export const header = (report: Report): Html => {
  const { target, suite, run, environment } = report
  const facts = [target.topology, `suite ${suite.version}`, `seed ${String(run.seed)}`, plural(report.scenarios.length, 'scenario'), duration(run.durationMs), `${run.startedAt.slice(0, 16).replace('T', ' ')} UTC`]
  const present = environment.components.map((c) => html`<span title="${c.where}${c.note === undefined ? '' : ` · ${c.note}`}">${componentText(c)}</span>`)
  const absent = environment.missing.map((m) => html`<b title="${m.install}">${m.name} – ${m.reason}</b>`)
  const components = [...present, ...absent].map((part, i) => html`${i > 0 ? ' · ' : ''}${part}`)
  return html`<h1>Gauntlet<span>${target.name} ${target.version}</span></h1><p class="env">${facts.filter((fact) => fact !== '').join(' · ')}${components.length > 0 ? html`<br>${components}` : nothing}</p>
`
}

/** The verdict with its worst reason, and the two marks it is made of. */
export const banner = (report: Report, at: Map<ScenarioReport, string>): Html => {
  const { conformant, resilient } = report.summary
  const stands = standing(report)
  const mark = (name: string, origins: string, { passed, total }: { passed: number; total: number }) =>
    html`<div><dd>${passed} / ${total}</dd><dt>${name}<br>${origins}</dt></div>`
  return html`<div class="verdict ${STANDING_CLASS[stands]}"><p><b>${STANDING_WORD[stands]}</b><span>${because(report)}</span>${worst(report, at)}</p><dl class="marks">${mark('Conformant', 'rfc, schema, vendor', conformant)}${mark('Resilient', 'de-facto, house', resilient)}</dl></div>
`
}

const because = (report: Report): string => {
  const { run } = report
  const counts = count(report.scenarios)
  const stands = standing(report)
  if (stands === 'incomplete') return `${run.executed === 0 ? 'Nothing was executed' : `${String(run.executed)} of ${String(run.selected)} scenarios ran`}: ${clip(run.stopped ?? 'no reason was recorded', 300)}. Nothing on this page counts as green.`
  if (stands === 'conformant') return `Every MUST held. ${countWords(counts, ['pass', 'warn', 'skipped', 'not_supported'])}.`
  const failed = counts.fail > 0 ? `${plural(counts.fail, 'requirement')} failed` : ''
  const unproved = counts.unknown > 0 ? `${String(counts.unknown)} not proved` : ''
  return `${[failed, unproved, countWords(counts, ['warn'])].filter((part) => part !== '').join(', ')}.`
}

const worst = (report: Report, at: Map<ScenarioReport, string>): Html => {
  const first = findings(report).find((s) => s.verdict !== 'warn')
  if (first === undefined) return nothing
  const seen = first.verdict === 'unknown' ? reasonOf(first) : (badChecks(first)[0]?.actual ?? '')
  return html`<span>Worst: <a href="#${at.get(first) ?? ''}">${clip(oneLine(first.title), 160)}</a>${seen === '' ? '' : ` – ${clip(oneLine(seen), 160)}`}</span>`
}

/** One row per area, one cell per scenario; a cell links to what it stands for. */
export const matrix = (report: Report, at: Map<ScenarioReport, string>): Html => {
  const lines = areas(report).map(({ name, scenarios }) => {
    const cells = scenarios.map((s) => html`<a class="c ${CLASS[s.verdict]}" href="#${at.get(s) ?? ''}" title="${s.id} · ${s.verdict === 'not_supported' || s.verdict === 'skipped' || s.verdict === 'unknown' ? `${WORD[s.verdict]}: ${clip(reasonOf(s), 120)}` : WORD[s.verdict]}" aria-label="${s.id}: ${WORD[s.verdict]}">${SIGN[s.verdict]}</a>`)
    return html`<li><span>${name}</span><span class="cells">${cells}</span><span class="count">${counted(scenarios)}</span></li>
`
  })
  return html`<h2>By area</h2><ul class="areas">${lines}</ul><ul class="key">${key(report)}</ul>
`
}

// A passed cell is a plain square: sixty ticks would shout louder than one cross.
const SIGN: Record<Outcome, string> = { ...GLYPH, pass: '', not_supported: '' }

const counted = (scenarios: readonly ScenarioReport[]): string => {
  const counts = count(scenarios)
  const others = countWords(counts)
  if (judged(counts) === 0) return others === `${String(scenarios.length)} not claimed` ? 'not claimed' : others
  return [`${String(counts.pass)}/${String(judged(counts))}`, ...(others === '' ? [] : others.split(', '))].join(' · ')
}

const key = (report: Report): Html[] => {
  const passed = standing(report) === 'incomplete' ? 'passed, but the run is incomplete' : 'pass'
  const words: [Outcome, string][] = [['pass', passed], ['warn', 'warn: a SHOULD'], ['fail', 'fail: a MUST'], ['unknown', 'unknown: not proved'], ['skipped', 'skipped'], ['not_supported', 'not claimed']]
  return words.map(([outcome, word]) => html`<li><span class="c ${CLASS[outcome]}" aria-hidden="true">${SIGN[outcome]}</span>${word}</li>`)
}
