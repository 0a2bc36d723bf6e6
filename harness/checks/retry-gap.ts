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
      // Only the upstream that asked for the wait is owed it: another one may be asked at once.
      const pairs = attempts.flatMap((next, i) => {
        const before = attempts.slice(0, i).findLast((a) => a.lane === next.lane)
        return before ? [{ next, before }] : []
      })
      if (pairs.length === 0) return `${attempts.length} attempt(s), none of them a retry`
      for (const { next, before } of pairs) {
        const gap = next.request.t - (before.head?.t ?? before.end?.t ?? before.request.t)
        if (gap < atLeastMs - 5) return `attempt ${next.attempt} came ${Math.round(gap)} ms after the answer`
      }
      return null
    }),
})

/** A retry waits as long as the upstream asked for. */
export const retryGapAtLeast = (atLeastMs: number) => checkData(retryGapCheck, { atLeastMs })
