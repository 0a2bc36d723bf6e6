import { z } from 'zod'
import { attemptsOf, faultPhase, outcome } from '../evidence/views.ts'
import type { Attempt, Evidence } from '../evidence/types.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, forEach, verdictIf } from './check.ts'

/** Upstream calls on the primary lane for requests with one label, in order. */
const calls = (evidence: Evidence, label: string) => faultPhase(evidence, [label]).flatMap((x) => attemptsOf(evidence, x.nonce, 'primary')).sort((a, b) => a.request.t - b.request.t)

export const breakerOpensCheck = defineCheck({
  name: 'breaker-opens',
  params: z.strictObject({ label: z.string() }),
  judge: (evidence, { label }) => {
    const { failures } = evidence.claims.breaker
    const requests = faultPhase(evidence, [label])
    const made = calls(evidence, label)
    const last = made.at(-1)?.request.t ?? 0
    // Shed means answered without the upstream, after the last failure; a target that fell over leaves the upstream alone too.
    const shed = requests.filter((x) => x.head !== undefined && x.request.t >= last && attemptsOf(evidence, x.nonce, 'primary').length === 0)
    const expected = `the upstream is left alone after ${failures} failed calls in a row`
    const actual = `${made.length} upstream calls for ${requests.length} requests, ${shed.length} shed`
    if (requests.length === 0) return { verdict: 'unknown', expected, actual, nonces: [], reason: 'no evidence' }
    // Opening early is as untrue as opening late: the claim is a number.
    return verdictIf(made.length === failures && shed.length > 0, expected, actual, requests.slice(-3).map((x) => x.nonce))
  },
})

export const shedsFastCheck = defineCheck({
  name: 'sheds-fast',
  params: z.strictObject({ label: z.string() }),
  timed: true,
  judge: (evidence, { label }) =>
    forEach(faultPhase(evidence, [label]), `429 or 503 within ${timing.shedMs} ms and no upstream call while the breaker is open`, (x) => {
      const count = attemptsOf(evidence, x.nonce).length
      if (count > 0) return `${count} upstream call(s)`
      const took = (x.end?.t ?? Infinity) - x.request.t
      if (x.head?.status !== 503 && x.head?.status !== 429) return outcome(x)
      return took <= timing.shedMs ? null : `${Math.round(took)} ms`
    }),
})

/** The calls made while half-open: up to the first probe's answer, which closes the breaker for those who come after it. */
export const halfOpenCalls = (evidence: Evidence, label: string): Attempt[] => {
  const list = calls(evidence, label)
  const answered = Math.min(...list.map((a) => a.head?.t ?? a.end?.t ?? Infinity))
  return list.filter((a, i) => i === 0 || a.request.t < answered)
}

export const probesAtMostCheck = defineCheck({
  name: 'probes-at-most',
  params: z.strictObject({ label: z.string() }),
  judge: (evidence, { label }) => {
    const { probes } = evidence.claims.breaker
    const requests = faultPhase(evidence, [label])
    const list = halfOpenCalls(evidence, label)
    const expected = `${probes} call(s) to the upstream while half-open, no request left without an answer`
    const nonces = requests.slice(0, 3).map((x) => x.nonce)
    if (requests.length === 0) return { verdict: 'unknown', expected, actual: 'no request', nonces, reason: 'no evidence' }
    if (list.length === 0) return verdictIf(false, expected, 'no probe: the breaker never left the open state', nonces)
    const unanswered = requests.filter((x) => x.end?.how !== 'complete')
    const [lost] = unanswered
    if (lost) return verdictIf(false, expected, `${unanswered.length} of ${requests.length} requests had no answer: ${outcome(lost)}`, unanswered.slice(0, 5).map((x) => x.nonce))
    return verdictIf(list.length <= probes, expected, `${list.length} upstream calls for ${requests.length} requests`, list.slice(0, 5).flatMap((a) => a.nonce ?? []))
  },
})

/** The claimed number of failures opens the breaker. */
export const breakerOpens = (label: string) => checkData(breakerOpensCheck, { label })
/** An open breaker answers at once and does not call the upstream. */
export const shedsFast = (label: string) => checkData(shedsFastCheck, { label })
/** While half-open only the claimed probes reach the upstream. */
export const probesAtMost = (label: string) => checkData(probesAtMostCheck, { label })
