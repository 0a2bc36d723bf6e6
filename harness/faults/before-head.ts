import { z } from 'zod'
import { Amount, resolveAmount } from '../scenario.ts'
import type { FaultData } from '../scenario.ts'
import { amountText, defineFault, faultData, times } from './fault.ts'

export const beforeHead = defineFault({
  kind: 'before-head',
  params: z.strictObject({
    delayMs: Amount.optional(),
    how: z.enum(['hang', 'fin', 'rst']).optional(),
    times: z.union([z.number().int().positive(), z.literal('all')]).default('all'),
  }),
  describe: (p) => (p.how === undefined ? `upstream's head comes after ${amountText(p.delayMs ?? 0)}` : `upstream ${{ hang: 'never answers', fin: 'closes before the head', rst: 'resets before the head' }[p.how]}`),
  effect: (p, claims) => times({ fault: 'before-head', beforeHead: { ...(p.delayMs === undefined ? {} : { delayMs: resolveAmount(p.delayMs, claims) }), ...(p.how ? { how: p.how } : {}) } }, p.times),
})

/** The upstream takes the request and then hangs, closes, resets or waits before the first byte of its answer. */
export const upstreamBeforeHead = (params: z.input<typeof beforeHead.params>, lane?: FaultData['lane']): FaultData => faultData(beforeHead, params, lane)
