import { z } from 'zod'
import { at, faultPhase, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const roleFirstCheck = defineCheck({
  name: 'role-first',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'the first chunk with choices carries the role', (x) => {
      const first = streamOf(x).events.find((e) => Array.isArray(at(e.json, 'choices')) && at(e.json, 'choices', 0) !== undefined)
      if (!first) return 'no chunk with choices'
      return at(first.json, 'choices', 0, 'delta', 'role') === 'assistant' ? null : `the first delta is ${JSON.stringify(at(first.json, 'choices', 0, 'delta'))}`
    }),
})

/** A stream begins with the role: SDK helpers refuse one that does not. */
export const roleFirst = () => checkData(roleFirstCheck, {})
