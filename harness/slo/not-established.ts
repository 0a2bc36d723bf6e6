import { duration, isMeasured, percent, plural } from './format.ts'
import type { ObjectiveResult, SloReport } from './report.ts'
import { isBursty } from './statistics.ts'

const MONTH_DAYS = 30

/**
 * What the run does not show, in sentences with its own numbers. A reader who takes a short run for a month of
 * availability is the failure this report exists to prevent, so the list is never empty.
 */
export function notEstablished(report: Omit<SloReport, 'notEstablished'>): string[] {
  const { profile, ledger, rig, streams } = report
  return [
    ...monthly(report),
    ...errorsAgainstAvailability(report),
    ...report.objectives.filter((objective) => objective.bad > 1 && isMeasured(objective)).slice(0, 1).map(
      (objective) =>
        `Independence of failures. ${plural(objective.bad, 'bad request')} of ${objective.n} came in ${episodes(objective)}; every bound here holds only if requests fail independently.`,
    ),
    `Any other load. This is one profile, ${profile.rate} requests per second at even spacing for ${duration(profile.durationMs)}; real callers come in bursts.`,
    `Any other machine. Everything was measured once, on one machine with ${plural(rig.cores, 'core')}${isLoopback(report.target.baseURL) ? ' that load generator, target and upstream share' : ''}.`,
    'Behaviour under faults. No fault was injected; `gauntlet run` does that, and its requests are never pooled with these.',
    ...(ledger.policy > 0 ? [`Service to everyone. Policy refused ${ledger.policy} of ${ledger.scheduled} requests; they are in no objective.`] : []),
    streams.n === 0
      ? 'Streaming latency. The streaming probe has no data.'
      : `A promise about streaming latency. ${plural(streams.n, 'stream')} at ${streams.rate} per second were measured beside the load; no objective covers them.`,
  ]
}

function monthly(report: Omit<SloReport, 'notEstablished'>): string[] {
  const result = report.objectives.find((objective) => objective.id === report.budget?.objective)
  const { ledger, profile } = report
  const seen = `${ledger.scheduled} scheduled in ${duration(profile.durationMs)}, ${ledger.dropped} dropped`
  if (report.budget === null || result === undefined) return [`Monthly availability, or any other. ${seen}; no availability can be told from it.`]
  const minutes = Math.round(result.limit * MONTH_DAYS * 24 * 60)
  const failures = result.bad === 0 ? 'no failure outside policy' : `${plural(result.bad, 'failure')} outside policy in ${episodes(result)}`
  const bound = isBursty(result.bad, result.dispersion) ? 'no bound is claimed, because failures came in bursts' : `95 % lower bound ${percent(1 - result.upper)}, if requests are independent`
  return [
    `The monthly ${percent(1 - result.limit)} (${minutes} minutes of budget in ${MONTH_DAYS} days). ${seen}: ${failures}. Success ${percent(1 - result.point)}, given that the rig was up (${bound}). If production behaved like this run, the monthly budget would burn at ${rate(report.budget.burn)} (up to ${rate(report.budget.burnUpper)}).`,
  ]
}

function errorsAgainstAvailability(report: Omit<SloReport, 'notEstablished'>): string[] {
  const availability = report.objectives.find((objective) => objective.sli === 'availability')
  const errors = report.objectives.find((objective) => objective.sli === 'errors')
  if (availability === undefined || errors === undefined || errors.limit <= availability.limit) return []
  return [
    `That ${percent(errors.limit)} of errors would be acceptable for long. It is a bound for one run: over a month it would burn the ${percent(1 - availability.limit)} budget at ${rate(errors.limit / availability.limit)}.`,
  ]
}

const episodes = (result: ObjectiveResult): string =>
  `${plural(result.episodes, 'episode')}${result.longestEpisodeMs === 0 ? '' : ` (longest ${duration(result.longestEpisodeMs)})`}`

const rate = (burn: number): string => `${burn >= 10 ? Math.round(burn) : Math.round(burn * 100) / 100}x`

const isLoopback = (url: string): boolean => /^https?:\/\/(?:127\.|localhost|\[::1\])/.test(url)
