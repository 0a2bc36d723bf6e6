import { z } from 'zod'
import { answerText, attemptsOf, isRelayed, outcome, upstreamText } from '../evidence/views.ts'
import type { Evidence, Exchange } from '../evidence/types.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck } from './check.ts'

/** Not only an answer of the upstream's, but all of it. */
const served = (evidence: Evidence, x: Exchange): boolean =>
  isRelayed(x, evidence) && (x.request.path.endsWith('/embeddings') || attemptsOf(evidence, x.nonce).some((a) => upstreamText(a) === answerText(x)))

export const aliveAfterCheck = defineCheck({
  name: 'alive-after',
  params: z.strictObject({}),
  judge: (evidence) => {
    const { breaker, timeouts } = evidence.claims
    // As long as the engine keeps asking; the grace is for its last try.
    const ms = breaker.cooldownMs + timeouts.firstByteMs + timing.baselineMarginMs + timing.graceMs
    const expected = `a plain request gets the upstream's answer once the fault is healed, within the claimed cool-down (asked for up to ${ms} ms)`
    const probes = evidence.exchanges.filter((x) => x.window === 'recovery')
    const [first, last] = [probes[0], probes.at(-1)]
    if (!first || !last) return { verdict: 'unknown', expected, actual: 'no request after the fault', nonces: [], reason: 'no evidence' }
    const ok = served(evidence, last) && last.request.t - first.request.t <= ms
    const took = Math.round((last.end?.t ?? last.request.t) - first.request.t)
    return { verdict: ok ? 'pass' : 'fail', expected, actual: ok ? `healthy after ${took} ms` : `not in ${took} ms; ${outcome(last)}`, nonces: [last.nonce] }
  },
})

/** The target serves again after the fault. */
export const aliveAfter = () => checkData(aliveAfterCheck, {})
