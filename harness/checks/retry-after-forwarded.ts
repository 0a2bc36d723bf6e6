import { z } from 'zod'
import { faultPhase, header, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** Nobody is asked to wait longer than this; a larger number is a point in time in the wrong place. */
const DAY = 86_400

/** Seconds to wait by RFC 9110: a whole number, or a date as seen from the answer's own Date. */
const waitOf = (value: string, date: string | undefined): number => {
  if (/^\d+$/.test(value.trim())) return Number(value)
  // A date has no fractions, so what was 30 s may read as 29; digits have no such excuse.
  const from = date === undefined ? Number.NaN : Date.parse(date)
  return /^[A-Z]/.test(value) ? (Date.parse(value) - from) / 1000 + 1 : Number.NaN
}

export const retryAfterForwardedCheck = defineCheck({
  name: 'retry-after-forwarded',
  params: z.strictObject({ seconds: z.number() }),
  judge: (evidence, { seconds }) =>
    forEach(faultPhase(evidence), `Retry-After of ${seconds} s or more, and no more than a day`, (x) => {
      const value = header(x, 'retry-after')
      if (value === undefined) return `no Retry-After; ${outcome(x)}`
      const wait = waitOf(value, header(x, 'date'))
      return wait >= seconds && wait <= DAY ? null : `Retry-After ${value}; ${outcome(x)}`
    }),
})

/** The caller is told to wait at least as long as the upstream asked. */
export const retryAfterForwarded = (seconds: number) => checkData(retryAfterForwardedCheck, { seconds })
