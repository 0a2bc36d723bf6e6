import { z } from 'zod'
import { faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

export const limitReachedCheck = defineCheck({
  name: 'limit-reached',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    const requests = faultPhase(evidence, labels)
    const refused = requests.filter((x) => x.head?.status === 429)
    const expected = 'the limit is reached: some get 429'
    if (requests.length === 0) return { verdict: 'unknown', expected, actual: 'no request', nonces: [], reason: 'no evidence' }
    return verdictIf(refused.length > 0, expected, `${refused.length} of ${requests.length} refused`, (refused.length > 0 ? refused : requests).slice(-3).map((x) => x.nonce))
  },
})

/** Somebody was refused: without this a scenario says nothing about what comes with a refusal. */
export const limitReached = (labels: string[]) => checkData(limitReachedCheck, { labels })
