import type { TimelineRow } from '../../schemas/report.ts'
import type { Attempt, Evidence, Exchange } from '../evidence/types.ts'
import { at, attemptsOf, bodyText, streamOf } from '../evidence/views.ts'

type Row = TimelineRow
const MAX_ROWS = 40

const short = (text: string, length = 64): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text)

/** One SSE event in a few words. */
const eventText = (data: string, index?: number): string => {
  if (data === '[DONE]') return '[DONE]'
  try {
    const json: unknown = JSON.parse(data)
    if (at(json, 'error')) return `error event: ${short(JSON.stringify(at(json, 'error', 'message') ?? ''), 48)}`
    const content = at(json, 'choices', 0, 'delta', 'content')
    const finish = at(json, 'choices', 0, 'finish_reason')
    if (typeof finish === 'string') return `finish_reason ${JSON.stringify(finish)}`
    if (typeof content === 'string' && content !== '') return `${index === undefined ? 'event' : `event ${index}`} ${JSON.stringify(short(content, 24))}`
    if (at(json, 'usage')) return 'usage'
    return 'role'
  } catch {
    return `not JSON: ${short(data, 40)}`
  }
}

const callerRows = (x: Exchange): Row[] => {
  const rows: Row[] = [{ t: x.request.t, from: 'caller', to: 'target', text: `${x.request.method} ${x.request.path}${x.request.stream ? ', stream' : ''}`, tone: 'plain' }]
  if (x.head) rows.push({ t: x.head.t, from: 'target', to: 'caller', text: `status ${x.head.status}`, tone: x.head.status < 400 ? 'plain' : 'bad' })
  if (x.request.stream && x.head?.status === 200) {
    let words = 0
    for (const e of streamOf(x).events) {
      const worded = typeof at(e.json, 'choices', 0, 'delta', 'content') === 'string' && at(e.json, 'choices', 0, 'delta', 'content') !== ''
      rows.push({ t: e.t, from: 'target', to: 'caller', text: eventText(e.data, worded ? ++words : undefined), tone: at(e.json, 'error') ? 'bad' : 'dim' })
    }
  } else if (x.chunks[0]) rows.push({ t: x.chunks[0].t, from: 'target', to: 'caller', text: short(bodyText(x)), tone: 'dim' })
  if (x.abortedAt !== undefined) rows.push({ t: x.abortedAt, from: 'caller', to: 'target', text: 'the caller leaves', tone: 'plain' })
  if (x.end) {
    const calm = x.end.how === 'complete' || x.end.how === 'aborted'
    rows.push({ t: x.end.t, from: 'target', to: 'caller', text: x.end.how === 'complete' ? 'clean close' : `ended: ${x.end.how}`, tone: calm ? 'dim' : 'bad' })
  }
  return rows
}

const upstreamRows = (a: Attempt): Row[] => {
  const lane = a.lane
  const rows: Row[] = [{ t: a.request.t, from: 'target', to: 'upstream', lane, text: `attempt ${a.attempt}`, tone: 'plain' }]
  if (a.head) rows.push({ t: a.head.t, from: 'upstream', to: 'target', lane, text: `status ${a.head.status}`, tone: a.head.status < 400 ? 'plain' : 'fault' })
  for (const e of a.events) rows.push({ t: e.t, from: 'upstream', to: 'target', lane, text: eventText(e.text, e.index || undefined), tone: 'dim' })
  if (a.body) rows.push({ t: a.body.t, from: 'upstream', to: 'target', lane, text: short(a.body.text), tone: 'dim' })
  for (const f of a.faults) rows.push({ t: f.t, from: 'upstream', to: 'upstream', lane, text: `fault: ${f.fault}: ${short(f.detail, 48)}`, tone: 'fault' })
  for (const h of a.held) if (h.released === 'expired') rows.push({ t: h.t, from: 'upstream', to: 'upstream', lane, text: `the caller does not have event ${h.index} yet`, tone: 'bad' })
  if (a.peerClosed) rows.push({ t: a.peerClosed.t, from: 'target', to: 'upstream', lane, text: 'target closes the connection', tone: 'plain' })
  else if (a.end && a.end.how !== 'complete') rows.push({ t: a.end.t, from: 'upstream', to: 'target', lane, text: a.end.how === 'rst' ? 'RST' : a.end.how === 'fin' ? 'FIN' : a.end.how, tone: 'fault' })
  return rows
}

/** A good ending after the upstream's own was bad is the finding itself, unless the caller was told in between. */
const accuse = (rows: Row[]): Row[] => {
  const cut = rows.findIndex((r) => r.tone === 'fault' && r.text.startsWith('fault: cut'))
  if (cut === -1 || rows.some((r) => r.from === 'target' && r.to === 'caller' && r.tone === 'bad')) return rows
  return rows.map((r, i) => (i > cut && r.from === 'target' && r.to === 'caller' && /^(finish_reason|\[DONE\]|clean close)/.test(r.text) ? { ...r, tone: 'bad' as const } : r))
}

/** Keeps the beginning and the end of a long time line, and says how much is left out. */
const clip = (rows: Row[]): Row[] => {
  if (rows.length <= MAX_ROWS) return rows
  const head = rows.slice(0, MAX_ROWS - 15)
  const tail = rows.slice(-14)
  return [...head, { t: tail[0]?.t ?? 0, from: 'target', to: 'target', text: `… ${rows.length - head.length - tail.length} more`, tone: 'dim' }, ...tail]
}

/** Both sides of one request in the order of time. */
export const timelineOf = (evidence: Evidence, nonce: string): { nonce: string; label: string; rows: Row[] } | null => {
  const exchange = evidence.exchanges.find((x) => x.nonce === nonce)
  if (!exchange) return null
  const rows = [...callerRows(exchange), ...attemptsOf(evidence, exchange.question).flatMap(upstreamRows)].sort((a, b) => a.t - b.t)
  const start = rows[0]?.t ?? 0
  return { nonce, label: exchange.label, rows: clip(accuse(rows)).map((r) => ({ ...r, t: Math.round((r.t - start) * 10) / 10 })) }
}

/** The requests worth showing: the first that decided a failed check, else the first of the fault window. */
export const timelinesOf = (evidence: Evidence, deciding: readonly string[]): { nonce: string; label: string; rows: Row[] }[] => {
  const first = evidence.exchanges.find((x) => x.window === 'fault')?.nonce
  const chosen = deciding[0] ?? first
  const found = chosen === undefined ? null : timelineOf(evidence, chosen)
  return found ? [found] : []
}
