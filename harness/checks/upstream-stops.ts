import { z } from 'zod'
import { attemptsOf, faultPhase } from '../evidence/views.ts'
import { resolveAmount } from '../scenario.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const upstreamStopsCheck = defineCheck({
  name: 'upstream-stops',
  params: z.strictObject({}),
  timed: true,
  judge: (evidence) => {
    const ms = resolveAmount({ claim: 'cancellation.withinMs' }, evidence.claims)
    return forEach(faultPhase(evidence), `the upstream's socket is closed within ${ms} ms of the caller leaving, and no attempt follows`, (x) => {
      const left = x.abortedAt
      if (left === undefined) return 'the caller never came to the point of leaving'
      const attempts = attemptsOf(evidence, x.nonce)
      if (attempts.length === 0) return 'the upstream was never asked'
      const later = attempts.find((a) => a.request.t > left)
      if (later) return `attempt ${later.attempt} began ${Math.round(later.request.t - left)} ms after the caller left`
      for (const a of attempts) {
        if (!a.end) return `attempt ${a.attempt} was still open at the end`
        if (a.end.t > left + ms) return `attempt ${a.attempt} ended ${Math.round(a.end.t - left)} ms after the caller left (${a.end.how})`
      }
      return null
    })
  },
})

/** A caller who leaves stops the upstream: nobody pays for words that nobody reads. */
export const upstreamStops = () => checkData(upstreamStopsCheck, {})
