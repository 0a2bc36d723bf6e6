import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { at, attemptsOf, faultPhase, parseJson } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const paramsFaithfulCheck = defineCheck({
  name: 'params-faithful',
  params: z.strictObject({ fields: z.array(z.string()).min(1) }),
  judge: (evidence, { fields }) =>
    forEach(faultPhase(evidence), `${fields.join(', ')} reach the upstream as sent`, (x) => {
      const sent = parseJson(x.request.body)
      const missing = fields.find((f) => at(sent, f) === undefined)
      if (missing !== undefined) throw new TypeError(`${missing} was not in the request, so its absence proves nothing.`)
      const attempts = attemptsOf(evidence, x.nonce)
      if (attempts.length === 0) return 'the upstream was never asked'
      for (const { attempt, request } of attempts) {
        const got = parseJson(request.body)
        // JSON gives the order of keys no meaning.
        const changed = fields.find((f) => !isDeepStrictEqual(at(sent, f), at(got, f)))
        if (changed !== undefined) return `${changed} was ${JSON.stringify(at(sent, changed))}, arrived as ${JSON.stringify(at(got, changed))} in attempt ${attempt}`
      }
      return null
    }),
})

/** The upstream is asked what the caller asked. */
export const paramsFaithful = (fields: string[]) => checkData(paramsFaithfulCheck, { fields })
