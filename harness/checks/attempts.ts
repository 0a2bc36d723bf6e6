import { z } from 'zod'
import { attemptsOf, faultAttempts, faultPhase } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { checkData, defineCheck, forEach, verdictIf } from './check.ts'

export const attemptsCheck = defineCheck({
  name: 'attempts',
  params: z.strictObject({ min: Amount.default(0), max: Amount, lane: z.string().optional(), labels: z.array(z.string()).optional() }),
  judge: (evidence, { min, max, lane, labels }) => {
    const [low, high] = [resolveAmount(min, evidence.claims), resolveAmount(max, evidence.claims)]
    const range = low === high ? `${high}` : low === 0 ? `at most ${high}` : `${low} to ${high}`
    const expected = `${range} upstream call(s) for each question${lane === undefined ? '' : ` on the ${lane} lane`}`
    // A call that could carry a request and has lost its nonce, say on a retry with an empty body. One that names a request
    // of another scenario came late and is not ours to judge; a GET is the target looking after its upstream.
    const strangers = faultAttempts(evidence).filter((a) => a.nonce === null && a.request.method === 'POST' && !a.request.body.includes('[gauntlet:') && (lane === undefined || a.lane === lane))
    const strange = `${strangers.length} upstream call(s) without a nonce: ${strangers[0]?.request.method} ${strangers[0]?.request.path}`
    if (high === 0 && strangers.length > 0) return verdictIf(false, expected, strange)
    const found = forEach(faultPhase(evidence, labels), expected, (x) => {
      const count = attemptsOf(evidence, x.question, lane).length
      return count >= low && count <= high ? null : `${count} upstream call(s)`
    })
    return found.verdict === 'pass' && strangers.length > 0 ? { ...found, verdict: 'unknown', actual: strange, reason: 'an upstream call cannot be laid to a request' } : found
  },
})

/** How many upstream calls one request may cost. */
export const attemptsBetween = (min: Amount, max: Amount, options: { lane?: string; labels?: string[] } = {}) => checkData(attemptsCheck, { min, max, ...options })
/** At most so many upstream calls, a number or a claim's path plus the first call. */
export const attemptsAtMost = (max: Amount, options: { lane?: string; labels?: string[] } = {}) => checkData(attemptsCheck, { max, ...options })
/** The request never reaches the upstream. */
export const noUpstreamCall = (labels?: string[]) => checkData(attemptsCheck, { max: 0, labels })
