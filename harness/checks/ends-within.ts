import { z } from 'zod'
import { faultPhase, outcome } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const endsWithinCheck = defineCheck({
  name: 'ends-within',
  params: z.strictObject({ budget: Amount, since: z.enum(['request', 'last-byte']).default('request'), labels: z.array(z.string()).optional() }),
  timed: true,
  judge: (evidence, { budget, since, labels }) => {
    const ms = resolveAmount(budget, evidence.claims) + timing.graceMs
    return forEach(faultPhase(evidence, labels), `ends within ${ms} ms of the ${since === 'request' ? 'request' : 'last byte'}`, (x) => {
      // The failure's own last words, sent just before the close, must not move the start of the wait.
      const bytes = x.chunks.filter((c) => x.end === undefined || c.t < x.end.t - timing.settleMs)
      const start = since === 'request' ? x.request.t : (bytes.at(-1)?.t ?? x.head?.t ?? x.request.t)
      if (!x.end || x.end.how === 'gave-up') return `it had not ended when the caller gave up; ${outcome(x)}`
      const took = x.end.t - start
      return took <= ms ? null : `ended after ${Math.round(took)} ms; ${outcome(x)}`
    })
  },
})

/** The request ends, one way or another, within the target's own budget and a grace. */
export const endsWithin = (budget: Amount, options: { since?: 'request' | 'last-byte'; labels?: string[] } = {}) => checkData(endsWithinCheck, { budget, ...options })
