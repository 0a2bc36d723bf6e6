import { z } from 'zod'
import type { Exchange } from '../evidence/types.ts'
import { faultPhase, header, outcome } from '../evidence/views.ts'
import { rateLimitOf } from '../scenario.ts'
import { checkData, defineCheck, forEach } from './check.ts'

const FIELDS = ['limit', 'remaining', 'reset'] as const
/** The usual spelling, and OpenAI's own. */
const spellings = (field: (typeof FIELDS)[number]): string[] => [`x-ratelimit-${field}`, `x-ratelimit-${field}-requests`]
const valuesOf = (x: Exchange, field: (typeof FIELDS)[number]): string[] => spellings(field).flatMap((name) => header(x, name) ?? [])

const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** Milliseconds until a reset: seconds, a Go duration such as `1m2.5s`, or a point in time as seen from the answer's own Date. */
const untilReset = (value: string, x: Exchange): number => {
  if (/^(\d+(\.\d+)?(h|ms|m|s))+$/.test(value)) return [...value.matchAll(/([\d.]+)(h|ms|m|s)/g)].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0)
  if (!/^\d+(\.\d+)?$/.test(value)) return Number.NaN
  const seconds = Number(value)
  return seconds > 1e9 ? Math.max(0, seconds * 1000 - Date.parse(header(x, 'date') ?? '')) : seconds * 1000
}

export const limitHeadersCheck = defineCheck({
  name: 'limit-headers',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    const { rateLimit } = evidence.claims
    const { perSecond, refillMs } = rateLimitOf(evidence.claims)
    const requests = faultPhase(evidence, labels).sort((a, b) => a.request.t - b.request.t)
    const oneCount = rateLimit.shared || rateLimit.counters === 1
    const started = requests[0]?.request.t ?? 0
    let used = 0
    return forEach(requests, `X-RateLimit-Limit ${rateLimit.burst}, -Remaining that falls with every request and is 0 on a 429, -Reset within ${refillMs} ms, on every answer`, (x) => {
      const status = x.head?.status
      if (status !== 200 && status !== 429) return outcome(x)
      if (status === 200) used++
      const missing = FIELDS.filter((field) => valuesOf(x, field).length === 0)
      if (missing.length > 0) return `no ${missing.map((field) => `X-RateLimit-${field[0]?.toUpperCase()}${field.slice(1)}`).join(', ')} on a ${status}`
      // How much is left can be told from outside only to what came back meanwhile, and not at all where several count.
      const back = Math.floor((perSecond * ((x.head?.t ?? 0) - started)) / 1000)
      const most = status === 429 ? 0 : Math.min(rateLimit.burst - 1, oneCount ? Math.max(0, rateLimit.burst - used + back) : Infinity)
      const least = Math.max(0, Math.min(most, rateLimit.burst - used))
      const told = (field: (typeof FIELDS)[number], fits: (value: string) => boolean): string | null => {
        const wrong = valuesOf(x, field).find((value) => !fits(value))
        return wrong === undefined ? null : `X-RateLimit-${field[0]?.toUpperCase()}${field.slice(1)} ${wrong} on a ${status}, ${used} let in so far`
      }
      return (
        told('limit', (value) => value === String(rateLimit.burst)) ??
        told('remaining', (value) => /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most) ??
        // Rounded up to whole seconds, and a Date has no fractions.
        told('reset', (value) => untilReset(value, x) <= refillMs + 2000)
      )
    })
  },
})

/** What is told about the limit is true. For requests one after the other, from a whole bucket. */
export const limitHeaders = (labels: string[]) => checkData(limitHeadersCheck, { labels })
