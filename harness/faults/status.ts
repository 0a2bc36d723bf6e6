import { z } from 'zod'
import type { FaultData } from '../scenario.ts'
import { defineFault, faultData, times } from './fault.ts'

export const status = defineFault({
  kind: 'status',
  params: z.strictObject({
    status: z.number().int(),
    times: z.union([z.number().int().positive(), z.literal('all')]).default('all'),
    retryAfter: z.string().optional(),
    body: z.strictObject({ text: z.string(), type: z.string() }).optional(),
  }),
  describe: (p) => `upstream answers ${p.status}${p.retryAfter === undefined ? '' : ` with Retry-After: ${p.retryAfter}`}${p.times === 'all' ? '' : ` ${p.times} time(s)`}`,
  effect: (p) =>
    times(
      { fault: 'status', status: p.status, ...(p.retryAfter === undefined ? {} : { headers: { 'retry-after': p.retryAfter } }), ...(p.body ? { body: p.body } : {}) },
      p.times,
    ),
})

/** The upstream answers an error status, or a strange body with a good one, for the first `times` attempts or for all. */
export const upstreamStatus = (params: z.input<typeof status.params>, lane?: FaultData['lane']): FaultData => faultData(status, params, lane)
