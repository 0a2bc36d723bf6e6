import { z } from 'zod'
import { faultPhase } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

export const tookAtLeastCheck = defineCheck({
  name: 'took-at-least',
  params: z.strictObject({ budget: Amount }),
  judge: (evidence, { budget }) => {
    const ms = resolveAmount(budget, evidence.claims)
    const times = faultPhase(evidence).map((x) => (x.end?.t ?? x.request.t) - x.request.t)
    const expected = `the fault is felt: ${ms} ms or more for each request`
    if (times.length === 0) return { verdict: 'unknown', expected, actual: 'no request', nonces: [], reason: 'no evidence' }
    const least = Math.round(Math.min(...times))
    // A request that was not slowed did not meet the fault, so nothing was shown about it either way.
    return least >= ms ? verdictIf(true, expected, `${least} ms at least`) : { verdict: 'unknown', expected, actual: `${least} ms`, nonces: [], reason: 'the fault was not felt' }
  },
})

/** Proof that a fault of the wire was met; its absence is unknown, not a failure of the target. */
export const tookAtLeast = (budget: Amount) => checkData(tookAtLeastCheck, { budget })
