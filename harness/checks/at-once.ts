import { z } from 'zod'
import type { Attempt } from '../evidence/types.ts'
import { faultAttempts } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

/** The calls that were open together at the moment when there were most of them. */
export const fullestMoment = (attempts: readonly Attempt[]): Attempt[] => {
  // One that begins in the moment in which another ends is not beside it; one that never ended is beside all that follow.
  const open = (t: number): Attempt[] => attempts.filter((a) => a.request.t <= t && (a.end?.t ?? Infinity) > t)
  return attempts.map((a) => open(a.request.t)).reduce((a, b) => (b.length > a.length ? b : a), [])
}

export const atOnceCheck = defineCheck({
  name: 'at-once',
  params: z.strictObject({ most: Amount }),
  judge: (evidence, { most }) => {
    const limit = resolveAmount(most, evidence.claims)
    const expected = `at most ${limit} upstream calls at a time`
    const attempts = faultAttempts(evidence)
    if (attempts.length === 0) return { verdict: 'unknown', expected, actual: 'the upstream was never asked', nonces: [], reason: 'no evidence' }
    const fullest = fullestMoment(attempts)
    return verdictIf(fullest.length <= limit, expected, `${fullest.length} at a time`, fullest.slice(-3).flatMap((a) => a.nonce ?? []))
  },
})

/** The upstream is never asked more at a time than that. */
export const atMostAtOnce = (most: Amount) => checkData(atOnceCheck, { most })
