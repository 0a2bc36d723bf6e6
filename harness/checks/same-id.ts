import { z } from 'zod'
import { at, faultPhase, outcome, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const sameIdCheck = defineCheck({
  name: 'same-id',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'one id on all chunks of a stream', (x) => {
      const { ids, events } = streamOf(x)
      const chunks = events.filter((e) => Array.isArray(at(e.json, 'choices')))
      if (chunks.length === 0) return `no chunks; ${outcome(x)}`
      const without = chunks.filter((e) => typeof at(e.json, 'id') !== 'string').length
      if (without > 0) return `${without} of ${chunks.length} chunks have no id`
      return ids.size === 1 ? null : `${ids.size} ids: ${[...ids].slice(0, 3).join(', ')}`
    }),
})

/** All chunks of a stream carry the same id. */
export const sameId = () => checkData(sameIdCheck, {})
