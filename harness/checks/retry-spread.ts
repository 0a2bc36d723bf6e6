import { z } from 'zod'
import { attemptsOf, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

/** Share of the median wait by which waits must differ: twice what lies between the shortest tenth and the median. */
const LEAST = 0.2
const FEWEST = 20

export const retrySpreadCheck = defineCheck({
  name: 'retry-spread',
  params: z.strictObject({}),
  timed: true,
  judge: (evidence) => {
    const gaps = faultPhase(evidence)
      .flatMap((x) => {
        const [first, second] = attemptsOf(evidence, x.nonce)
        return first && second ? [second.request.t - (first.end?.t ?? first.request.t)] : []
      })
      .sort((a, b) => a - b)
    const expected = `waits before the first retry that differ by ${LEAST} of their median or more`
    if (gaps.length < FEWEST) return { verdict: 'unknown', expected, actual: `${gaps.length} retries`, nonces: [], reason: `fewer than ${FEWEST} retries to compare` }
    const q = (share: number): number => gaps[Math.round(share * (gaps.length - 1))] ?? 0
    // From the shorter half alone: a busy machine makes waits longer, and some of them much longer, which from the other half looks like jitter.
    const spread = (2 * (q(0.5) - q(0.1))) / Math.max(1, q(0.5))
    return verdictIf(spread >= LEAST, expected, `${gaps.length} waits, median ${Math.round(q(0.5))} ms, spread ${spread.toFixed(2)}`)
  },
})

/** Callers who fail together do not come back together. */
export const retrySpread = () => checkData(retrySpreadCheck, {})
