import { z } from 'zod'
import { faultPhase } from '../evidence/views.ts'
import { rateLimitOf } from '../scenario.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

export const limitReachedCheck = defineCheck({
  name: 'limit-reached',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    const { burst, perSecond } = rateLimitOf(evidence.claims)
    const requests = faultPhase(evidence, labels)
    const statusIs = (status: number) => requests.filter((x) => x.head?.status === status)
    const [admitted, refused] = [statusIs(200), statusIs(429)]
    const expected = 'the limit is reached: some get 429'
    const actual = `${refused.length} of ${requests.length} refused`
    if (requests.length === 0) return { verdict: 'unknown', expected, actual, nonces: [], reason: 'no evidence' }
    const times = requests.map((x) => x.request.t)
    const tookMs = Math.max(...times) - Math.min(...times)
    const enough = admitted.length > burst + Math.floor((perSecond * tookMs) / 1000)
    if (admitted.length === requests.length && !enough) return { verdict: 'unknown', expected, actual, nonces: [], reason: `asked too slowly, for ${Math.round(tookMs)} ms, to meet the limit`, again: true }
    return verdictIf(refused.length > 0, expected, actual, (refused.length > 0 ? refused : requests).slice(-3).map((x) => x.nonce))
  },
})

/** Somebody was refused: without this a scenario says nothing about what comes with a refusal. */
export const limitReached = (labels: string[]) => checkData(limitReachedCheck, { labels })
