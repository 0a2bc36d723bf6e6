import { z } from 'zod'
import type { Attempt } from '../evidence/types.ts'
import { attemptsOf, faultPhase } from '../evidence/views.ts'
import { resolveAmount } from '../scenario.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** True for an upstream that sent its good answer whole: nobody stopped it. */
const answered = (a: Attempt): boolean => a.head?.status === 200 && a.end?.how === 'complete'

export const upstreamStopsCheck = defineCheck({
  name: 'upstream-stops',
  params: z.strictObject({}),
  timed: true,
  judge: (evidence) => {
    const ms = resolveAmount({ claim: 'cancellation.withinMs' }, evidence.claims)
    const requests = faultPhase(evidence)
    const found = forEach(requests, `the upstream's socket is closed within ${ms} ms of the caller leaving, and no attempt follows`, (x) => {
      const left = x.abortedAt
      if (left === undefined) return 'the caller never came to the point of leaving'
      const attempts = attemptsOf(evidence, x.nonce)
      if (attempts.length === 0) return 'the upstream was never asked'
      const later = attempts.find((a) => a.request.t > left)
      if (later) return `attempt ${later.attempt} began ${Math.round(later.request.t - left)} ms after the caller left`
      for (const a of attempts) {
        if (!a.end) return `attempt ${a.attempt} was still open at the end`
        if (a.end.t > left + ms) return `attempt ${a.attempt} ended ${Math.round(a.end.t - left)} ms after the caller left (${a.end.how})`
        if (answered(a) && a.end.t > left + timing.settleMs) return `attempt ${a.attempt} was read to its end, ${Math.round(a.end.t - left)} ms after the caller left`
      }
      return null
    })
    // Nothing was left to stop: a target that never stops anything would look the same.
    const moot = requests.filter((x) => attemptsOf(evidence, x.nonce).some(answered))
    return found.verdict === 'pass' && moot.length > 0
      ? { ...found, verdict: 'unknown', actual: `${moot.length} of ${requests.length} answers were whole before the caller left`, nonces: moot.slice(0, 5).map((x) => x.nonce), reason: 'the upstream had nothing left to stop' }
      : found
  },
})

/** A caller who leaves stops the upstream: nobody pays for words that nobody reads. */
export const upstreamStops = () => checkData(upstreamStopsCheck, {})
