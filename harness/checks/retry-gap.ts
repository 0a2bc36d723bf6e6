import { z } from 'zod'
import { attemptsOf, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const retryGapCheck = defineCheck({
  name: 'retry-gap',
  params: z.strictObject({ atLeastMs: z.number() }),
  timed: true,
  judge: (evidence, { atLeastMs }) =>
    forEach(faultPhase(evidence), `at least ${atLeastMs} ms between the upstream's answer and the next attempt`, (x) => {
      const attempts = attemptsOf(evidence, x.nonce)
      if (attempts.length < 2) return `${attempts.length} attempt(s)`
      for (const [i, next] of attempts.entries()) {
        const before = attempts[i - 1]
        if (!before) continue
        const gap = next.request.t - (before.head?.t ?? before.request.t)
        if (gap < atLeastMs - 5) return `attempt ${i + 1} came ${Math.round(gap)} ms after the answer`
      }
      return null
    }),
})

/** A retry waits as long as the upstream asked for. */
export const retryGapAtLeast = (atLeastMs: number) => checkData(retryGapCheck, { atLeastMs })
