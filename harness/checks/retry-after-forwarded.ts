import { z } from 'zod'
import { faultPhase, header, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const retryAfterForwardedCheck = defineCheck({
  name: 'retry-after-forwarded',
  params: z.strictObject({ seconds: z.number() }),
  judge: (evidence, { seconds }) =>
    forEach(faultPhase(evidence), `Retry-After of ${seconds} s or more`, (x) => {
      const value = header(x, 'retry-after')
      return value !== undefined && Number(value) >= seconds ? null : `Retry-After ${value ?? 'absent'}; ${outcome(x)}`
    }),
})

/** The caller is told to wait at least as long as the upstream asked. */
export const retryAfterForwarded = (seconds: number) => checkData(retryAfterForwardedCheck, { seconds })
