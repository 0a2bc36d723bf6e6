import type { Report, ScenarioReport } from '../../schemas/report.ts'
import type { Verdict } from '../../schemas/verdict.ts'
import { installFor, reasonOf } from '../lib/read.ts'
import { clip, oneLine } from '../lib/visible.ts'
import { GLYPH, WORD } from '../lib/words.ts'
import { CLASS } from './anchors.ts'
import { html, nothing, type Html } from './escape.ts'

const HELD: Record<Verdict, string> = { pass: 'true', fail: 'untrue', unknown: 'not proved', warn: 'not claimed' }

/** What the target says of itself against what was seen. */
export const claimed = (report: Report): Html => {
  if (report.observed.length === 0) return nothing
  const lines = report.observed.map((o) => html`<tr class="${CLASS[o.verdict]}"><td>${o.claim}</td><td>${clip(o.declared, 200)}</td><td>${clip(o.observed, 300)}</td><td><span class="g">${GLYPH[o.verdict]} ${HELD[o.verdict]}</span></td></tr>`)
  return html`<h2>Claimed and observed</h2><table><tr><th>claim</th><th>declared</th><th>observed</th><th></th></tr>${lines}</table>
`
}

/** What was not judged, why, and what makes it run. */
export const notRun = (report: Report, at: Map<ScenarioReport, string>): Html => {
  const left = report.scenarios.filter((s) => s.verdict === 'skipped' || s.verdict === 'not_supported')
  if (left.length === 0) return nothing
  const line = (s: ScenarioReport) => {
    const install = installFor(report, s)
    const todo = s.verdict === 'not_supported' ? 'claim the feature to have it tested' : install === undefined ? nothing : html`<code>${install}</code>`
    return html`<tr class="${CLASS[s.verdict]}" id="${at.get(s) ?? ''}"><td>${clip(oneLine(s.title), 200)} <code>${s.id}</code></td><td>${WORD[s.verdict]}: ${clip(oneLine(reasonOf(s)), 300)}</td><td>${todo}</td></tr>`
  }
  return html`<h2>Not run<small>${left.length}</small></h2><table><tr><th>scenario</th><th>why</th><th>to run it</th></tr>${left.map(line)}</table>
`
}

/** What identifies this run, for a reader who wants to repeat or compare it. */
export const footer = (report: Report): Html => {
  const { run, suite, environment } = report
  const facts = [`run ${run.id}`, `exit ${String(run.exitCode)}`, `catalogue ${suite.catalogueHash}`, `transcript ${run.transcriptHash}`, `node ${environment.node}`, environment.os, `${String(environment.cores)} cores`]
  return html`<footer>${clip(facts.join(' · '), 600)}<br>This page loads nothing. The document it was made from is inside it, in the element #report.</footer>
`
}
