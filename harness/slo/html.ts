import { renderEcdf } from './ecdf-svg.ts'
import { headline, nextStep, percentiles } from './console.ts'
import { duration, measured, percent, plural, pointAndBound } from './format.ts'
import { STYLE } from './style.ts'
import type { SloReport, SloVerdict } from './report.ts'

const TONE: Record<SloVerdict, string> = { PASS: 'pass', FAIL: 'fail', INCONCLUSIVE: 'unk', NO_DATA: 'skip', HARNESS_ERROR: 'unk' }

/** The report as one HTML file that loads nothing and works from `file:`, the JSON inside it. */
export function renderSloHtml(report: SloReport): string {
  const { target, rig, profile } = report
  const about = [`${target.name} ${target.version}`, report.release === null ? '' : `release ${report.release}`, target.model, target.baseURL].filter((part) => part !== '')
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Gauntlet SLO · ${escape(target.name)}</title>
<style>${STYLE}</style></head><body><main>
<h1>Gauntlet <small>release report</small></h1>
<p class="env">${escape(about.join(' · '))}<br>${escape(`${profile.title}, ${profile.rate} requests per second for ${duration(profile.durationMs)} · seed ${report.seed} · ${report.startedAt}`)}<br>${escape(`k6 ${rig.k6} · node ${rig.node} · ${rig.os} · ${plural(rig.cores, 'core')}`)}</p>
${banner(report)}
<h2>Objectives</h2>${objectives(report)}
<h2>What this run does not establish</h2><ul class="not">${report.notEstablished.map(sentence).join('')}</ul>
<h2>Where every request went</h2>${ledger(report)}
<h2>Time to the complete answer</h2>${renderEcdf(report.latency, report.objectives.find(({ withinMs }) => withinMs !== null)?.withinMs ?? null)}
<p class="note">Share of the ${report.latency.n} judged requests that were answered within a time, from connecting to the last byte. Errors and timeouts are never answered, so with them the curve ends below 100 %. ${percentiles(report)}; percentiles interpolate between ranks (type 7).</p>
<h2>Streams</h2>${streams(report)}
<script type="application/json" id="report">${JSON.stringify(report).replaceAll('<', '\\u003c')}</script>
</main></body></html>
`
}

function banner(report: SloReport): string {
  const [word = '', rest = ''] = headline(report).split(' · ')
  const budget = report.budget === null ? '' : `<div class="marks"><div><strong>${times(report.budget.burn)}</strong><small>budget burn, at most ${times(report.budget.burnUpper)}</small></div></div>`
  const reasons = report.why.length === 0 ? '' : `<ul class="why">${report.why.map((why) => `<li>${escape(why)}</li>`).join('')}</ul>`
  return `<div class="verdict ${TONE[report.verdict]}"><b>${escape(word)}</b><span>${escape(rest)}</span>${budget}${reasons}</div><p class="note">Next: ${marked(nextStep(report))}.</p>`
}

const times = (burn: number): string => `${burn >= 10 ? Math.round(burn) : burn.toFixed(2)}×`

function objectives(report: SloReport): string {
  const rows = report.objectives.map((result) => {
    const { point, bound } = pointAndBound(result)
    return `<tr><td>${escape(result.title)}<small>${escape(result.why)}</small></td><td class="n">${escape(result.target)}</td><td class="n">${point}</td><td class="n">${bound}</td><td class="n">${result.n}<small>of at least ${result.minN}</small></td><td><span class="tag ${TONE[result.verdict]}">${result.verdict}</span></td></tr>`
  })
  const head = '<tr><th>objective</th><th>target</th><th>seen</th><th>95 % bound</th><th>n</th><th>verdict</th></tr>'
  return `<div class="card scroll"><table>${head}${rows.join('')}</table><p class="note">Shares are tested by one-sided exact binomial (Clopper-Pearson) bounds: too slow or failed requests among those that policy did not refuse. Dropped and interrupted requests count as bad in the bound that has to prove a pass.</p></div>`
}

function ledger(report: SloReport): string {
  const { ledger: l } = report
  const parts: [string, number, string][] = [
    ['ok', l.ok, 'pass'],
    ['policy', l.policy, 'warn'],
    ['error', l.error, 'fail'],
    ['timeout', l.timeout, 'fail'],
    ['dropped', l.dropped, 'unk'],
    ['interrupted', l.interrupted, 'unk'],
  ]
  const bar = parts.map(([name, n, tone]) => (n === 0 ? '' : `<i class="${tone}" style="flex:${n}" title="${n} ${name}"></i>`)).join('')
  const cells = parts.map(([name, n, tone]) => `<span><i class="${n === 0 ? 'none' : tone}"></i><strong>${n}</strong> ${name}</span>`).join('')
  const reasons = report.failures.length === 0 ? '' : `<p class="note">Not ok because of ${report.failures.map(({ reason, n }) => `<code>${escape(reason)}</code> ${n}`).join(', ')}.</p>`
  const { upstream } = report
  const seen = upstream === null ? '' : ` The upstream saw ${plural(upstream.arrivals, 'attempt')} (${upstream.perRequest} per request that reached it); ${upstream.answeredWithoutArrival} answered without reaching it.`
  const closes = l.closes ? 'The ledger closes.' : '<b>The ledger does not close.</b>'
  return `<div class="card"><div class="bar">${bar}</div><div class="parts"><span><strong>${l.scheduled}</strong> scheduled =</span>${cells}</div><p class="note">${closes} Requests started at most ${duration(report.latenessP99Ms)} late (P99).${seen}</p>${reasons}</div>`
}

function streams({ streams: s }: SloReport): string {
  if (s.n === 0) return '<div class="card"><p class="note">The streaming probe has no data.</p></div>'
  const row = (name: string, meaning: string, value: { p50: number | null; p95: number | null }): string =>
    `<tr><td>${name}<small>${meaning}</small></td><td class="n">${measured(value.p50)}</td><td class="n">${measured(value.p95)}</td></tr>`
  const buffered = s.buffered === 0 ? '' : ` ${s.buffered} brought all their content at once, at their end: something holds the stream back, or the upstream wrote it in one go.`
  return `<div class="card"><table><tr><th>${s.complete} of ${s.n} complete, ${s.truncated} truncated, ${s.failed} failed</th><th>P50</th><th>P95</th></tr>
${row('first byte', 'request sent to response head', s.ttfbMs)}${row('first content', 'request sent to first non-empty content', s.ttftContentMs)}${row('chunk gap', 'between two chunks with content', s.chunkGapMs)}${row('whole stream', 'request sent to end', s.totalMs)}</table>
<p class="note">A probe of its own, ${s.rate} streams per second beside the load; in no objective, and not in the curve above.${buffered} Times may be off by ${duration(s.lagMs)} (delay of the harness itself, P99). ${percent(s.complete / s.n)} complete.</p></div>`
}

/** The first sentence of each is its subject. */
function sentence(text: string): string {
  const end = text.indexOf('. ') + 1
  return `<li><b>${marked(text.slice(0, end))}</b>${marked(text.slice(end))}</li>`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)

/** Escaped, with `commands` set as code. */
const marked = (text: string): string => escape(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>')
