import { createHash } from 'node:crypto'
import type { Report, ScenarioReport } from '../../schemas/report.ts'
import { findings, standing, STANDING_WORD } from '../lib/read.ts'
import { clip, oneLine } from '../lib/visible.ts'
import { anchors } from './anchors.ts'
import { embeddedJson, html, nothing, trusted } from './escape.ts'
import type { Limits } from './limits.ts'
import { banner, header, matrix } from './overview.ts'
import { card, fold } from './scenario.ts'
import { css } from './style.ts'
import { claimed, footer, notRun } from './tables.ts'

// The hash instead of 'unsafe-inline': markup that slipped in could not even restyle the page.
const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'; base-uri 'none'; form-action 'none'`

/** The whole report as one file that loads nothing, at one level of detail; `json` is the document it carries. */
export const page = (report: Report, limits: Limits, json: string): string => {
  const at = anchors(report)
  const stands = standing(report)
  const found = findings(report)
  const passed = report.scenarios.filter((s) => s.verdict === 'pass')
  const where = (s: ScenarioReport): string => at.get(s) ?? ''
  const title = `${STANDING_WORD[stands]} · ${clip(oneLine(`${report.target.name} ${report.target.version}`), 120)} · Gauntlet`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><title>${title}</title>
<style>${trusted(css)}</style></head><body${stands === 'incomplete' ? trusted(' class="incomplete"') : nothing}><main>
${header(report)}${banner(report, at)}${matrix(report, at)}${found.length > 0 ? html`<h2>Findings<small>${found.length}</small></h2>
` : nothing}${found.map((s) => card(s, where(s), limits))}${claimed(report)}${notRun(report, at)}${passed.length > 0 ? html`<h2>Passed<small>${passed.length}</small></h2>
` : nothing}${passed.map((s) => fold(s, where(s), limits))}${footer(report)}</main>
<script type="application/json" id="report" data-left-out="${limits.embed === 'all' ? '' : limits.embed}">${embeddedJson(json)}</script></body></html>
`.text
}

/** The document a page carries at one level of detail. */
export const carried = (report: Report, embed: Limits['embed']): Report => {
  const lean = (s: ScenarioReport): ScenarioReport => {
    if (embed === 'no evidence') return { ...s, timelines: [], checks: [] }
    return embed === 'no time lines' || (embed === 'no passed time lines' && s.verdict === 'pass') ? { ...s, timelines: [] } : s
  }
  return embed === 'all' ? report : { ...report, scenarios: report.scenarios.map(lean) }
}
