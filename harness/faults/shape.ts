import { z } from 'zod'
import type { FaultData } from '../scenario.ts'
import { VARIANCES } from '../upstream/script.ts'
import { defineFault, faultData } from './fault.ts'

export const shape = defineFault({
  kind: 'shape',
  params: z.strictObject({
    pauseMs: z.number().int().optional(),
    firstWordMs: z.number().int().optional(),
    lockstep: z.boolean().optional(),
    variance: z.enum(VARIANCES).optional(),
    split: z.literal('inside-characters').optional(),
    done: z.boolean().optional(),
  }),
  describe: (p) =>
    [
      p.lockstep ? 'upstream withholds each event until the caller has the one before' : '',
      p.firstWordMs === undefined ? '' : `upstream's first word comes after ${p.firstWordMs} ms`,
      p.pauseMs === undefined ? '' : `${p.pauseMs} ms between events`,
      p.variance === undefined ? '' : `upstream spells its events as ${p.variance}`,
      p.split === undefined ? '' : 'upstream splits its bytes inside characters',
      p.done === false ? 'upstream sends no [DONE]' : '',
    ].filter(Boolean).join(', '),
  effect: ({ pauseMs, firstWordMs, lockstep, variance, split, done }) => ({
    rest: {
      fault: 'shape',
      stream: {
        ...(pauseMs === undefined ? {} : { pauseMs }), ...(firstWordMs === undefined ? {} : { firstWordMs }), ...(lockstep === undefined ? {} : { lockstep }),
        ...(variance === undefined ? {} : { variance }), ...(split === undefined ? {} : { split }), ...(done === undefined ? {} : { done }),
      },
    },
  }),
})

/** The upstream's stream is legal and whole, but paced or spelled in an unusual way. */
export const shapeStream = (params: z.input<typeof shape.params>, lane?: FaultData['lane']): FaultData => faultData(shape, params, lane)
