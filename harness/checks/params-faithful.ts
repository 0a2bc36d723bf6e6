import { z } from 'zod'
import { at, attemptsOf, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const paramsFaithfulCheck = defineCheck({
  name: 'params-faithful',
  params: z.strictObject({ fields: z.array(z.string()).min(1) }),
  judge: (evidence, { fields }) =>
    forEach(faultPhase(evidence), `${fields.join(', ')} reach the upstream as sent`, (x) => {
      const [attempt] = attemptsOf(evidence, x.nonce)
      if (!attempt) return 'the upstream was never asked'
      const [sent, got] = [parse(x.request.body), parse(attempt.request.body)]
      const changed = fields.find((f) => JSON.stringify(at(sent, f)) !== JSON.stringify(at(got, f)))
      return changed === undefined ? null : `${changed} was ${JSON.stringify(at(sent, changed))}, arrived as ${JSON.stringify(at(got, changed))}`
    }),
})

/** The upstream is asked what the caller asked. */
export const paramsFaithful = (fields: string[]) => checkData(paramsFaithfulCheck, { fields })
