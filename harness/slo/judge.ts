import { lowerBound, minimumN, upperBound } from './binomial.ts'
import { duration, percent, plural } from './format.ts'
import type { LoadPoints } from './points.ts'
import { limitOf, type Objective } from './profile.ts'
import type { ObjectiveResult, SloVerdict } from './report.ts'
import { bursts } from './statistics.ts'

/** What the objectives are judged on: the requests that no policy refused. */
export interface Population {
  /** In order of start. `ms` is Infinity for a failure and for a timeout: they are slower than every limit. */
  requests: { startedAt: number; failed: boolean; ms: number }[]
  /** Dropped or interrupted. */
  unknown: number
  durationMs: number
  /** Defects of the harness: nothing is judged. */
  harness: string[]
  /** Doubts about the whole run: no objective passes. */
  doubts: string[]
}

export function populationOf(points: LoadPoints): Population['requests'] {
  return points.requests.flatMap(({ startedAt, end }) => {
    if (end === null || end.outcome === 'unsent' || end.outcome === 'policy') return []
    const failed = end.outcome !== 'ok'
    return [{ startedAt, failed, ms: failed ? Number.POSITIVE_INFINITY : end.ms }]
  })
}

/**
 * Tests one objective as a share of bad requests.
 *
 * PASS: the upper bound, with every unknown request counted as bad, is within the limit.
 * FAIL: the lower bound, with every unknown request counted as good, is over the limit; or the point estimate is over it
 * and the run was long enough to have passed. The second rule is there because a gate that answers "inconclusive" to a
 * run of sufficient size and visible violation invites repeating it until it is lucky.
 */
export function judgeObjective(objective: Objective, population: Population): ObjectiveResult {
  const limit = limitOf(objective)
  const isBad = (request: { failed: boolean; ms: number }): boolean => (objective.sli === 'latency' ? request.ms > objective.withinMs : request.failed)
  const badAt = population.requests.filter(isBad).map((request) => request.startedAt)
  const n = population.requests.length + population.unknown
  const bad = badAt.length
  const spread = bursts(badAt, population.durationMs)
  const facts = {
    n,
    bad,
    unknown: population.unknown,
    minN: minimumN(limit),
    point: n === 0 ? 0 : bad / n,
    lower: lowerBound(bad, n),
    upper: upperBound(bad + population.unknown, n),
  }
  return {
    id: objective.id,
    title: objective.title,
    sli: objective.sli,
    target: targetOf(objective),
    withinMs: objective.sli === 'latency' ? objective.withinMs : null,
    limit,
    ...facts,
    dispersion: spread.dispersion,
    episodes: spread.episodes,
    longestEpisodeMs: spread.longestMs,
    ...decide({ ...facts, limit }, spread, population),
  }
}

type Facts = Pick<ObjectiveResult, 'n' | 'bad' | 'unknown' | 'minN' | 'point' | 'lower' | 'upper' | 'limit'>

function decide(facts: Facts, spread: ReturnType<typeof bursts>, population: Population): { verdict: SloVerdict; why: string } {
  const { n, bad, limit, minN, point, lower, upper } = facts
  const [harness] = population.harness
  if (harness !== undefined) return { verdict: 'HARNESS_ERROR', why: harness }
  if (population.requests.length === 0) return { verdict: 'NO_DATA', why: 'no request was answered or failed outside policy, so there is nothing to judge' }
  const seen = `${bad} bad of ${n}`
  if (lower > limit) return { verdict: 'FAIL', why: `${seen}: at least ${percent(lower)} are bad (95 % bound), ${percent(limit)} are allowed` }
  if (point > limit && n >= minN) {
    return { verdict: 'FAIL', why: `${seen} is ${percent(point)}, over the allowed ${percent(limit)} in a run long enough to pass (the bound, ${percent(lower)}, does not prove it)` }
  }
  const [doubt] = population.doubts
  if (doubt !== undefined) return { verdict: 'INCONCLUSIVE', why: doubt }
  if (spread.bursty) {
    return {
      verdict: 'INCONCLUSIVE',
      why: `the ${bad} bad requests came in ${plural(spread.episodes, 'episode')} (dispersion ${spread.dispersion.toFixed(1)}, independent failures have 1), so no bound for independent requests is claimed`,
    }
  }
  if (upper <= limit) return { verdict: 'PASS', why: `${seen}: at most ${percent(upper)} are bad (95 % bound), ${percent(limit)} are allowed` }
  const needed = minimumN(limit, bad + facts.unknown)
  return { verdict: 'INCONCLUSIVE', why: `${seen} does not prove it: with ${plural(bad + facts.unknown, 'bad request')} ${needed} requests are needed` }
}

function targetOf(objective: Objective): string {
  if (objective.sli === 'availability') return `≥ ${percent(objective.atLeast)}`
  if (objective.sli === 'errors') return `≤ ${percent(objective.atMost)}`
  return `P${Number((objective.share * 100).toFixed(2))} ≤ ${duration(objective.withinMs)}`
}
