import type { LoadPoints } from './points.ts'
import { scheduledBy, type LoadProfile } from './profile.ts'
import { percentile } from './statistics.ts'

/** Where every scheduled request went. */
export interface Ledger {
  scheduled: number
  ok: number
  policy: number
  error: number
  timeout: number
  dropped: number
  interrupted: number
  closes: boolean
  /** Null when k6 did not run to an exit of its own. */
  k6Exit: number | null
}

/** k6 may start one request less or more at the very end of its schedule. */
const TOLERANCE = 1
/**
 * Seconds by which a busy machine may stop k6 late; until then it goes on starting requests (1284 for 1280, seen at load 5).
 * They are in the ledger like all others. There is no such excuse for too few.
 */
const OVERRUN_S = 0.5

/**
 * Counts the requests of a run against what the profile scheduled. The schedule comes from the profile and the started
 * requests from points written before each request, so a load generator that did less than its job does not close.
 */
export function buildLedger(points: LoadPoints, profile: Pick<LoadProfile, 'rate' | 'durationMs'>, k6Exit: number | null): Ledger {
  const counts = { ok: 0, policy: 0, error: 0, timeout: 0, interrupted: 0 }
  for (const { end } of points.requests) {
    if (end === null || end.outcome === 'unsent') counts.interrupted += 1
    else counts[end.outcome] += 1
  }
  const dropped = points.droppedAt.length
  const scheduled = scheduledBy(profile)
  const more = points.requests.length + dropped - scheduled
  return { scheduled, ...counts, dropped, closes: points.defects.length === 0 && more >= -TOLERANCE && more <= TOLERANCE + profile.rate * OVERRUN_S, k6Exit }
}

/** Requests of which nobody knows how they would have ended; bad in the pessimistic bound. */
export const unknownOf = (ledger: Ledger): number => ledger.dropped + ledger.interrupted

/** Nonces per reason that a report names. */
const NAMED = 5

/** Why requests were not ok, the most frequent reason first. */
export function countReasons(points: LoadPoints): { reason: string; n: number; nonces: string[] }[] {
  const nonces = new Map<string, string[]>()
  for (const { nonce, end } of points.requests) {
    if (end?.outcome === 'ok') continue
    const reason = end?.reason ?? 'interrupted'
    nonces.set(reason, [...(nonces.get(reason) ?? []), nonce])
  }
  const rows = [...nonces].map(([reason, all]) => ({ reason, n: all.length, nonces: all.slice(0, NAMED) }))
  return rows.sort((a, b) => b.n - a.n || a.reason.localeCompare(b.reason))
}

/**
 * How late arrivals started against an even schedule, 99th percentile in milliseconds. k6 drops an arrival only when no
 * virtual user is free; one that starts late because the machine is busy is the same omission in disguise.
 */
export function latenessP99(points: LoadPoints, rate: number): number {
  const arrivals = [...points.requests.map((request) => request.startedAt), ...points.droppedAt].sort((a, b) => a - b)
  const offsets = arrivals.map((time, i) => time - (i * 1000) / rate)
  const earliest = offsets.reduce((least, offset) => Math.min(least, offset), Number.POSITIVE_INFINITY)
  return Math.max(0, percentile(offsets.map((offset) => offset - earliest), 0.99) ?? 0)
}
