import { z } from 'zod'
import { Amount, resolveAmount } from '../scenario.ts'
import type { FaultData } from '../scenario.ts'
import { VARIANCES } from '../upstream/script.ts'
import { amountText, defineFault, faultData } from './fault.ts'

export const shape = defineFault({
  kind: 'shape',
  params: z.strictObject({
    pauseMs: z.number().int().optional(),
    firstWordMs: Amount.optional(),
    lockstep: z.boolean().optional(),
    variance: z.enum(VARIANCES).optional(),
    split: z.literal('inside-characters').optional(),
    done: z.boolean().optional(),
    finish: z.enum(['length', 'content_filter']).optional(),
    tools: z.boolean().optional(),
    says: z.array(z.string().min(1)).optional().describe('the words of the answer, as a stream cuts them'),
    silence: z.strictObject({ afterWords: z.number().int().positive(), ms: Amount }).optional(),
  }),
  describe: (p) =>
    [
      p.lockstep ? 'upstream withholds each event until the caller has the one before' : '',
      p.firstWordMs === undefined ? '' : `upstream's first word comes after ${amountText(p.firstWordMs)}`,
      p.pauseMs === undefined ? '' : `${p.pauseMs} ms between events`,
      p.variance === undefined ? '' : `upstream spells its events as ${p.variance}`,
      p.split === undefined ? '' : 'upstream splits its bytes inside characters',
      p.done === false ? 'upstream sends no [DONE]' : '',
      p.finish === undefined ? '' : `upstream ends with finish_reason ${JSON.stringify(p.finish)}`,
      p.tools ? 'upstream answers with tool calls' : '',
      p.says === undefined ? '' : `upstream says ${JSON.stringify(p.says.join(''))} in ${p.says.length} piece(s)`,
      p.silence === undefined ? '' : `upstream is silent for ${amountText(p.silence.ms)} after event ${p.silence.afterWords}`,
    ].filter(Boolean).join(', '),
  effect: ({ pauseMs, firstWordMs, lockstep, variance, split, done, finish, tools, says, silence }, claims) => ({
    rest: {
      fault: 'shape', ...(finish === undefined ? {} : { finish }), ...(tools ? { tools } : {}), ...(says === undefined ? {} : { says }),
      stream: {
        ...(pauseMs === undefined ? {} : { pauseMs }), ...(firstWordMs === undefined ? {} : { firstWordMs: resolveAmount(firstWordMs, claims) }), ...(lockstep === undefined ? {} : { lockstep }),
        ...(variance === undefined ? {} : { variance }), ...(split === undefined ? {} : { split }), ...(done === undefined ? {} : { done }),
        ...(silence === undefined ? {} : { silence: { afterWords: silence.afterWords, ms: resolveAmount(silence.ms, claims) } }),
      },
    },
  }),
})

/** The upstream's answer is legal and whole, but paced or spelled in an unusual way. */
export const shapeStream = (params: z.input<typeof shape.params>, lane?: FaultData['lane']): FaultData => faultData(shape, params, lane)
