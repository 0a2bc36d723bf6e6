import { doubtsOf, harnessDefects, type UpstreamView } from './doubts.ts'
import { isMeasured } from './format.ts'
import { judgeObjective, populationOf } from './judge.ts'
import { buildLedger, countReasons, latenessP99, unknownOf } from './ledger.ts'
import { notEstablished } from './not-established.ts'
import type { LoadPoints } from './points.ts'
import { limitOf, type LoadProfile, type Objective } from './profile.ts'
import { worstVerdict, type SloReport } from './report.ts'
import { ecdf, percentile } from './statistics.ts'
import type { StreamRecord } from './stream-client.ts'
import { summariseStreams } from './streams.ts'

/** Everything a run left behind. */
export interface SloEvidence {
  release: string | null
  startedAt: string
  seed: number
  target: SloReport['target']
  rig: SloReport['rig']
  profile: LoadProfile
  objectives: readonly Objective[]
  k6Exit: number | null
  /** Why k6 was ended or could not run; null when it came to its own end. */
  stopped: string | null
  points: LoadPoints
  streams: readonly StreamRecord[]
  lagMs: number
  /** Nonces in the upstream journal, one per attempt; null when there is no journal. */
  upstreamNonces: readonly string[] | null
}

/** Judges a run from its evidence alone: no clock, no network, the same report every time. */
export function assembleSloReport(evidence: SloEvidence): SloReport {
  const { profile, points } = evidence
  const ledger = buildLedger(points, profile, evidence.k6Exit)
  const lateness = Math.round(latenessP99(points, profile.rate) * 10) / 10
  const upstream = upstreamView(points, evidence.upstreamNonces)
  const requests = populationOf(points)
  const harness = harnessDefects(ledger, points.defects, evidence.stopped)
  const doubts = doubtsOf(ledger, lateness, upstream)
  const population = { requests, unknown: unknownOf(ledger), durationMs: profile.durationMs, harness, doubts }
  const objectives = evidence.objectives.map((objective) => judgeObjective(objective, population))
  const times = requests.map((request) => request.ms)
  const answered = times.filter(Number.isFinite)
  const draft = {
    schemaVersion: 1 as const,
    release: evidence.release,
    startedAt: evidence.startedAt,
    seed: evidence.seed,
    target: evidence.target,
    rig: evidence.rig,
    profile: {
      id: profile.id,
      title: profile.title,
      executor: profile.executor,
      rate: profile.rate,
      durationMs: profile.durationMs,
      timeoutMs: profile.timeoutMs,
      streamShare: profile.streamShare,
      scheduled: ledger.scheduled,
    },
    ledger,
    latenessP99Ms: lateness,
    failures: countReasons(points),
    upstream,
    objectives,
    budget: budgetOf(evidence.objectives, objectives),
    latency: {
      n: times.length,
      unanswered: times.length - answered.length,
      p50: finite(percentile(times, 0.5)),
      p95: finite(percentile(times, 0.95)),
      p99: finite(percentile(times, 0.99)),
      max: answered.length === 0 ? null : finite(percentile(answered, 1)),
      ecdf: ecdf(times),
    },
    streams: summariseStreams(evidence.streams, profile.probeRate, evidence.lagMs),
    verdict: worstVerdict([...objectives.map((objective) => objective.verdict), ...(harness.length > 0 ? (['HARNESS_ERROR'] as const) : [])]),
    why: [...harness, ...doubts],
  }
  return { ...draft, notEstablished: notEstablished(draft) }
}

/** JSON has no infinity; null is longer than any limit. */
const finite = (value: number | null): number | null => (value === null || !Number.isFinite(value) ? null : Math.round(value * 100) / 100)

function budgetOf(objectives: readonly Objective[], results: SloReport['objectives']): SloReport['budget'] {
  const objective = objectives.find(({ sli }) => sli === 'availability')
  const result = results.find(({ id }) => id === objective?.id)
  if (objective === undefined || result === undefined || !isMeasured(result)) return null
  const limit = limitOf(objective)
  return { objective: objective.id, windowDays: 30, burn: result.point / limit, burnUpper: result.upper / limit }
}

/** A prompt with a new nonce cannot be cached, so an answer without an arrival upstream was not the upstream's. */
function upstreamView(points: LoadPoints, nonces: readonly string[] | null): UpstreamView | null {
  if (nonces === null) return null
  const arrivals = new Map<string, number>()
  for (const nonce of nonces) arrivals.set(nonce, (arrivals.get(nonce) ?? 0) + 1)
  const attempts = points.requests.map(({ nonce }) => arrivals.get(nonce) ?? 0)
  const total = attempts.reduce((sum, count) => sum + count, 0)
  const reached = attempts.filter((count) => count > 0).length
  return {
    arrivals: total,
    perRequest: reached === 0 ? 0 : Math.round((total / reached) * 1000) / 1000,
    answeredWithoutArrival: points.requests.filter(({ nonce, end }) => end?.outcome === 'ok' && !arrivals.has(nonce)).length,
  }
}
