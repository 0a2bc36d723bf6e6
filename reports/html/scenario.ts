import type { CheckResult, ScenarioReport } from '../../schemas/report.ts'
import { badChecks, reasonOf } from '../lib/read.ts'
import { clip, oneLine } from '../lib/visible.ts'
import { duration, GLYPH, plural, repeats, WORD } from '../lib/words.ts'
import { CLASS } from './anchors.ts'
import { html, nothing, type Html } from './escape.ts'
import type { Limits } from './limits.ts'
import { timelines } from './timeline.ts'

/** A finding: what was required, what was seen instead, both sides of the wire, and the line to see it again. */
export const card = (s: ScenarioReport, anchor: string, limits: Limits): Html => {
  const again = repeats(s)
  const bad = badChecks(s)
  const kept = bad.slice(0, limits.checks)
  const reason = s.verdict === 'unknown' ? html`<p class="why">Not proved: ${clip(reasonOf(s), limits.value)}</p>` : nothing
  return html`<section class="card ${CLASS[s.verdict]}" id="${anchor}"><header><h3>${clip(oneLine(s.title), 300)}</h3><span class="tags"><span class="tag v">${GLYPH[s.verdict]} ${s.verdict}${again === '' ? '' : ` ${again}`}</span><span class="tag">${s.id}</span><span class="tag">${s.requirement.level} · ${s.requirement.origin}</span></span></header>
${quote(s)}${reason}${kept.map((check) => expectedActual(check, limits))}${rest(bad.length - kept.length)}${timelines(s, limits.timelines.finding, limits.rows.finding)}${passedChecks(s, limits)}${repro(s)}</section>
`
}

/** A scenario that passed: one line, and the same evidence when opened. */
export const fold = (s: ScenarioReport, anchor: string, limits: Limits): Html => {
  const tries = s.flaky === null ? '' : ` · ${repeats(s)}`
  return html`<details class="fold ${CLASS[s.verdict]}" id="${anchor}"><summary><span class="g">${GLYPH[s.verdict]}</span><span class="name">${clip(oneLine(s.title), 200)}</span><code>${s.id}</code><span class="end">${s.requirement.level} · ${s.requirement.origin} · ${duration(s.durationMs)}${tries}</span></summary><div>${quote(s)}${checkTable(s.checks, limits)}${timelines(s, limits.timelines.passed, limits.rows.passed)}${repro(s)}</div></details>
`
}

const quote = ({ requirement }: ScenarioReport): Html =>
  html`<blockquote><p>${clip(requirement.text, 1200)}</p><cite>${clip(oneLine(requirement.source), 400)} · ${requirement.id}</cite></blockquote>`

const expectedActual = (check: CheckResult, { value }: Limits): Html => {
  const [shown, more] = [check.nonces.slice(0, 3), check.nonces.length - 3]
  const nonces = shown.length > 0 ? html`<small>${clip(shown.join(', '), 160)}${more > 0 ? ` + ${String(more)} more` : ''}</small>` : nothing
  const why = check.reason === undefined ? nothing : html`<p class="more">${clip(check.reason, value)}</p>`
  return html`<div class="chk ${CLASS[check.verdict]}"><h4><span class="g">${GLYPH[check.verdict]}</span> ${check.name}${nonces}</h4>${why}<div class="ea"><div><h5>Expected</h5><p>${clip(check.expected, value)}</p></div><div class="is"><h5>Actual</h5><p>${clip(check.actual, value)}</p></div></div></div>`
}

const rest = (more: number): Html => (more > 0 ? html`<p class="more">+ ${plural(more, 'more check')} in report.json</p>` : nothing)

const passedChecks = (s: ScenarioReport, limits: Limits): Html => {
  const passed = s.checks.filter((check) => check.verdict === 'pass')
  return passed.length === 0 ? nothing : html`<details class="checks"><summary>${plural(passed.length, 'check')} passed</summary>${checkTable(passed, limits)}</details>`
}

const checkTable = (checks: readonly CheckResult[], limits: Limits): Html => {
  if (checks.length === 0) return nothing
  const shown = checks.slice(0, limits.checks)
  const lines = shown.map((c) => html`<tr class="${CLASS[c.verdict]}"><td><span class="g" title="${WORD[c.verdict]}">${GLYPH[c.verdict]}</span> <code>${c.name}</code></td><td>${clip(c.expected, 400)}</td><td>${clip(c.actual, 400)}</td></tr>`)
  return html`<table class="even"><tr><th>check</th><th>expected</th><th>actual</th></tr>${lines}</table>${rest(checks.length - shown.length)}`
}

const repro = (s: ScenarioReport): Html => html`<code class="repro">${oneLine(s.repro)}</code>`
