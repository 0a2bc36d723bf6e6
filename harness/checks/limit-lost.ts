import { z } from 'zod'
import { admissionOf } from '../evidence/admission.ts'
import type { Evidence } from '../evidence/types.ts'
import { faultPhase, lagOf, outcome } from '../evidence/views.ts'
import { rateLimitOf } from '../scenario.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, forEach } from './check.ts'
import type { Judgement } from './check.ts'
import { burstVerdict } from './limit-exact.ts'

export const limitLostCheck = defineCheck({
  name: 'limit-lost',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    const policy = policyVerdict(evidence, labels)
    if (policy.verdict !== 'pass') return policy
    // A late answer is far later than our own lag, so that it is allowed for instead of making the answer unknown.
    const lag = lagOf(evidence)
    const ms = Math.round(evidence.claims.rateLimit.lostWithinMs + timing.graceMs + lag)
    const time = forEach(faultPhase(evidence, labels), `${policy.expected}; all within ${ms} ms`, (x) => {
      const took = (x.end?.t ?? Infinity) - x.request.t
      return took <= ms ? null : `after ${Math.round(took)} ms: ${outcome(x)}`
    })
    if (lag > timing.graceMs) return { ...time, verdict: 'unknown', reason: `the harness lagged by ${Math.round(lag)} ms`, again: true }
    return time.verdict === 'pass' ? { ...time, actual: policy.actual } : time
  },
})

/** Whether what happened without the store is what the target declares. */
const policyVerdict = (evidence: Evidence, labels: readonly string[]): Judgement => {
  const { whenLost, burst, perSecond, counters } = evidence.claims.rateLimit
  // Each replica begins with a whole bucket of its own, and how many of them are asked is not known.
  if (whenLost === 'local') return burstVerdict(admissionOf(evidence, labels), { least: burst, most: rateLimitOf(evidence.claims).apart, perSecond: perSecond * counters })
  const { admitted, refused, wrong } = admissionOf(evidence, labels, [429, 503])
  const good = new Set(whenLost === 'open' ? admitted : refused)
  const expected = whenLost === 'open' ? 'everybody is let in, as declared for a lost store' : 'everybody is refused with 429 or 503 before the upstream is asked, as declared for a lost store'
  return forEach(faultPhase(evidence, labels), expected, (x) => (good.has(x) ? null : (wrong.find((w) => w.nonce === x.nonce)?.actual ?? outcome(x))))
}

/** Without its store the limit does what the target declares, within the time that it declares. */
export const limitLost = (labels: string[]) => checkData(limitLostCheck, { labels })
