import { percent, plural } from './format.ts'
import { unknownOf, type Ledger } from './ledger.ts'

/** Share of requests with an unknown end above which no objective passes. */
const UNKNOWN_LIMIT = 0.001
/** Share of requests refused by policy above which the load was no longer the profile's. */
const POLICY_LIMIT = 0.01
/** Milliseconds at the 99th percentile by which arrivals may start late. */
const LATENESS_LIMIT = 250

export interface UpstreamView {
  arrivals: number
  perRequest: number
  answeredWithoutArrival: number
}

/** What makes the run worthless as evidence. `stopped` is why k6 was ended or could not run, null when it was not. */
export function harnessDefects(ledger: Ledger, pointDefects: readonly string[], stopped: string | null): string[] {
  const defects = [...pointDefects]
  if (stopped !== null) defects.push(stopped)
  else if (ledger.k6Exit !== 0) defects.push(`k6 ended with exit code ${ledger.k6Exit}, which says nothing of the target; its log says why`)
  if (!ledger.closes) {
    const found = ledger.ok + ledger.policy + ledger.error + ledger.timeout + unknownOf(ledger)
    defects.push(`the ledger does not close: ${plural(ledger.scheduled, 'request')} scheduled, ${found} accounted for`)
  }
  return defects
}

/** What keeps every objective from passing, although the requests themselves might. */
export function doubtsOf(ledger: Ledger, latenessP99Ms: number, upstream: UpstreamView | null): string[] {
  const doubts: string[] = []
  const unknown = unknownOf(ledger)
  if (unknown / ledger.scheduled > UNKNOWN_LIMIT) {
    doubts.push(`${plural(ledger.dropped, 'request')} dropped and ${ledger.interrupted} interrupted, ${percent(unknown / ledger.scheduled)} of the schedule: how they would have ended is unknown`)
  }
  if (ledger.policy / ledger.scheduled > POLICY_LIMIT) {
    doubts.push(`policy refused ${ledger.policy} of ${ledger.scheduled} (${percent(ledger.policy / ledger.scheduled)}): the load that was served is not the load of the profile`)
  }
  if (latenessP99Ms > LATENESS_LIMIT) {
    doubts.push(`requests started up to ${Math.round(latenessP99Ms)} ms late (P99): this machine did not keep the schedule`)
  }
  if (upstream !== null && upstream.answeredWithoutArrival / ledger.scheduled > UNKNOWN_LIMIT) {
    doubts.push(`${plural(upstream.answeredWithoutArrival, 'answer')} to a new prompt never reached the upstream: not to be told from made-up answers`)
  }
  return doubts
}
