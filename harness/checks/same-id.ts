import { z } from 'zod'
import { faultPhase, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const sameIdCheck = defineCheck({
  name: 'same-id',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'one id on all chunks of a stream', (x) => {
      const { ids } = streamOf(x)
      return ids.size === 1 ? null : `${ids.size} ids: ${[...ids].slice(0, 3).join(', ')}`
    }),
})

/** All chunks of a stream carry the same id. */
export const sameId = () => checkData(sameIdCheck, {})
