import { z } from 'zod'
import { faultPhase, outcome, streamOf } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const endsWithinCheck = defineCheck({
  name: 'ends-within',
  params: z.strictObject({ budget: Amount, since: z.enum(['request', 'last-word']).default('request'), labels: z.array(z.string()).optional() }),
  timed: true,
  judge: (evidence, { budget, since, labels }) => {
    const ms = resolveAmount(budget, evidence.claims) + timing.graceMs
    return forEach(faultPhase(evidence, labels), `ends within ${ms} ms of the ${since === 'request' ? 'request' : 'last word'}`, (x) => {
      if (!x.end || x.end.how === 'gave-up') return `it had not ended when the caller gave up; ${outcome(x)}`
      if (x.end.how === 'aborted') return 'the caller left before the end'
      // Words only: keep-alive comments must not stretch the wait, nor the failure's own event end it.
      const start = since === 'request' ? x.request.t : (streamOf(x).words.at(-1)?.t ?? x.head?.t ?? x.request.t)
      const took = x.end.t - start
      return took <= ms ? null : `ended after ${Math.round(took)} ms; ${outcome(x)}`
    })
  },
})

/** The request ends, one way or another, within the target's own budget and a grace. */
export const endsWithin = (budget: Amount, options: { since?: 'request' | 'last-word'; labels?: string[] } = {}) => checkData(endsWithinCheck, { budget, ...options })
