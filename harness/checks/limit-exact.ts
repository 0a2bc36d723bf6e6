import { z } from 'zod'
import type { Claims } from '../../schemas/claims.ts'
import { admissionOf } from '../evidence/admission.ts'
import type { Admission } from '../evidence/admission.ts'
import { lagOf } from '../evidence/views.ts'
import { rateLimitOf } from '../scenario.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'
import type { Judgement } from './check.ts'

/** Share of a burst by which it may be exceeded for what came back meanwhile: above it nobody can tell a limit that is off from a harness that is slow. */
const TOLERATED = 0.1

export const limitExactCheck = defineCheck({
  name: 'limit-exact',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    const { claims } = evidence
    const { burst, perSecond } = rateLimitOf(claims)
    const admission = admissionOf(evidence, labels)
    const found = burstVerdict(admission, { least: burst, most: burst, perSecond })
    const lag = lagOf(evidence)
    // On a machine as starved as this a target may take the store of its count for lost, which is for another check.
    const starved = claims.features.includes('rate-limit.redis') && lag >= claims.rateLimit.lostWithinMs && admission.wrong.length === 0 && admission.admitted.length > burst
    return starved ? { ...found, verdict: 'unknown', reason: `the harness lagged by ${Math.round(lag)} ms`, again: true } : found
  },
})

/** Whether as many were let in as a whole bucket holds, and no more than came back while they were counted. */
export const burstVerdict = ({ requests, admitted, refused, wrong, spanMs }: Admission, { least, most, perSecond }: { least: number; most: number } & Pick<Claims['rateLimit'], 'perSecond'>): Judgement => {
  const back = Math.floor((perSecond * spanMs) / 1000)
  const meanwhile = back === 0 ? '' : ` and up to ${back} that came back in ${Math.round(spanMs)} ms`
  const expected = `${least === most ? most : `${least} to ${most}`} of ${requests.length} are let in${meanwhile}, all others get 429 with OpenAI's error object and never reach the upstream`
  const [first] = wrong
  if (first) return verdictIf(false, expected, `${wrong.length} of ${requests.length}: ${first.actual}`, wrong.slice(0, 5).map((w) => w.nonce))
  const actual = `${admitted.length} let in, ${refused.length} refused`
  const unknown = (reason: string, again = false): Judgement => ({ verdict: 'unknown', expected, actual, nonces: [], reason, again })
  if (requests.length === 0) return unknown('no evidence')
  if (requests.length <= most) return unknown('too few requests to meet the limit')
  const nonces = admitted.slice(-3).map((x) => x.nonce)
  if (admitted.length < least || admitted.length > most + back) return verdictIf(false, expected, actual, nonces)
  return admitted.length > most + Math.floor(most * TOLERATED) ? unknown(`the harness took ${Math.round(spanMs)} ms to send a burst`, true) : verdictIf(true, expected, actual, nonces)
}

/** Of a burst from a whole bucket exactly the claimed number gets in, however many ask at the same time. */
export const limitExact = (labels: string[]) => checkData(limitExactCheck, { labels })
