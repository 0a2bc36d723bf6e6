import { z } from 'zod'
import { faultPhase, header, outcome } from '../evidence/views.ts'
import { rateLimitOf } from '../scenario.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const limitRetryAfterCheck = defineCheck({
  name: 'limit-retry-after',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    // After this the limit is whole again, so that nobody has to wait longer.
    const most = Math.max(1, Math.ceil(rateLimitOf(evidence.claims).refillMs / 1000))
    return forEach(faultPhase(evidence, labels).filter((x) => x.head?.status === 429), `Retry-After of 1${most === 1 ? '' : ` to ${most}`} in whole seconds with every 429`, (x) => {
      const value = header(x, 'retry-after')
      if (value === undefined) return `no Retry-After; ${outcome(x)}`
      return /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= most ? null : `Retry-After ${value}`
    })
  },
})

/** Who is refused is told how long to wait, in whole seconds, and no longer than the limit needs. */
export const limitRetryAfter = (labels: string[]) => checkData(limitRetryAfterCheck, { labels })
