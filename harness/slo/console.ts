import { duration, measured, percent, plural, pointAndBound } from './format.ts'
import type { SloReport, SloVerdict } from './report.ts'

const MARK: Record<SloVerdict, string> = { PASS: '✓', FAIL: '✗', INCONCLUSIVE: '?', NO_DATA: '–', HARNESS_ERROR: '!' }
const WIDTH = 110

/** The report as one screen of plain text. `reportPath` is shown as the place to read on. */
export function renderSloConsole(report: SloReport, reportPath?: string): string {
  const { target, rig, profile } = report
  const lines = [
    `gauntlet slo · ${target.name} ${target.version}${report.release === null ? '' : ` · release ${report.release}`} · seed ${report.seed}`,
    `${profile.id}: ${profile.rate}/s for ${duration(profile.durationMs)} · k6 ${rig.k6} · node ${rig.node} · ${plural(rig.cores, 'core')}`,
    '',
    ledgerLine(report),
    ...failureLine(report),
    '',
    ...table(report),
    ...report.objectives.filter(({ verdict, why }) => verdict !== 'PASS' && !report.why.includes(why)).flatMap(({ id, verdict, why }) => wrap(`${MARK[verdict]} ${id}: ${why}`, 2)),
    ...report.why.flatMap((why) => wrap(`! ${why}`, 2)),
    '',
    `latency  ${percentiles(report)} · slowest answer ${measured(report.latency.max)}`,
    streamLine(report),
    '',
    'This run does not establish',
    ...report.notEstablished.flatMap((text) => wrap(`· ${text}`, 2)),
    '',
    headline(report),
    `next: ${nextStep(report)}`,
  ]
  return [...lines, ...(reportPath === undefined ? [] : [`report ${reportPath}`])].join('\n')
}

function ledgerLine(report: SloReport): string {
  const { ledger } = report
  const parts = [`${ledger.ok} ok`, `${ledger.policy} policy`, `${ledger.error} error`, `${ledger.timeout} timeout`, `${ledger.dropped} dropped`, `${ledger.interrupted} interrupted`]
  return `${plural(ledger.scheduled, 'request')} scheduled = ${parts.join(' + ')}${closing(report)}`
}

function closing({ ledger }: SloReport): string {
  const sum = ledger.ok + ledger.policy + ledger.error + ledger.timeout + ledger.dropped + ledger.interrupted
  if (!ledger.closes) return '  DOES NOT CLOSE'
  const more = sum - ledger.scheduled
  return more === 0 ? '' : ` (k6 started ${Math.abs(more)} ${more > 0 ? 'more' : 'fewer'})`
}

function failureLine({ failures }: SloReport): string[] {
  if (failures.length === 0) return []
  const shown = failures.slice(0, 5).map(({ reason, n }) => `${n} ${reason}`)
  return [`not ok: ${shown.join(', ')}${failures.length > 5 ? `, ${failures.length - 5} more reasons` : ''}`]
}

function table({ objectives }: SloReport): string[] {
  const rows = objectives.map((result) => {
    const { point, bound } = pointAndBound(result)
    return [`${MARK[result.verdict]} ${result.title}`, result.target, point, bound, String(result.n), result.verdict]
  })
  const all = [['  objective', 'target', 'seen', '95 % bound', 'n', 'verdict'], ...rows]
  const widths = (all[0] ?? []).map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd())
}

function streamLine({ streams }: SloReport): string {
  if (streams.n === 0) return 'streams  no data'
  const broken = streams.truncated + streams.failed
  const buffered = streams.buffered === 0 ? '' : ` · ${streams.buffered} buffered`
  return `streams  ${streams.complete} of ${streams.n} complete${broken === 0 ? '' : ` (${streams.truncated} truncated, ${streams.failed} failed)`} · first byte p50 ${measured(streams.ttfbMs.p50)} · first content p50 ${measured(streams.ttftContentMs.p50)} p95 ${measured(streams.ttftContentMs.p95)} · chunk gap p95 ${measured(streams.chunkGapMs.p95)}${buffered}`
}

/** `never` is a percentile that falls on failed requests. */
export function percentiles({ latency }: SloReport): string {
  const shown = latency.n === 0 ? measured : duration
  return `p50 ${shown(latency.p50)} · p95 ${shown(latency.p95)} · p99 ${shown(latency.p99)}`
}

/** The verdict in a sentence. */
export function headline({ objectives, verdict }: SloReport): string {
  const failed = objectives.filter((objective) => objective.verdict === 'FAIL')
  const passed = objectives.filter((objective) => objective.verdict === 'PASS').length
  const all = plural(objectives.length, 'objective')
  if (verdict === 'PASS') return `PASS · ${all} proved for this profile`
  if (verdict === 'FAIL') return `FAIL · ${failed.map(({ title, point, sli }) => `${title.toLowerCase()}: ${percent(sli === 'availability' ? 1 - point : point)}${sli === 'latency' ? ' too slow' : ''}`).join('; ')}`
  if (verdict === 'INCONCLUSIVE') return `INCONCLUSIVE · ${passed} of ${all} proved, none refuted`
  if (verdict === 'NO_DATA') return 'NO DATA · no request that could be judged'
  return 'HARNESS ERROR · this run says nothing of the target'
}

/** What a reader does now. */
export function nextStep({ verdict, failures, ledger }: SloReport): string {
  if (verdict === 'PASS') return 'keep slo-report.json with the release; a longer profile narrows the bounds'
  if (verdict === 'FAIL') return `find the ${failures[0]?.reason ?? 'slow'} requests of k6-points.json.gz by nonce in the gateway's log`
  if (verdict === 'HARNESS_ERROR') return 'read k6.log, then `gauntlet doctor`'
  if (ledger.policy > 0) return 'raise or lift the rate limit of the key that the harness uses, then repeat'
  return 'run a longer profile; repeating this one until it passes proves nothing'
}

/** Breaks a line at blanks to the screen's width; later lines are indented two further. */
function wrap(text: string, indent: number): string[] {
  const lines: string[] = []
  let line = ' '.repeat(indent)
  for (const word of text.split(/ (?!%)/)) {
    if (line.trim() !== '' && line.length + word.length > WIDTH) {
      lines.push(line.trimEnd())
      line = ' '.repeat(indent + 2)
    }
    line += `${word} `
  }
  return [...lines, line.trimEnd()]
}
