import { z } from 'zod'
import { faultPhase, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const statusIsCheck = defineCheck({
  name: 'status-is',
  params: z.strictObject({ anyOf: z.array(z.number().int()).min(1), labels: z.array(z.string()).optional() }),
  judge: (evidence, { anyOf, labels }) =>
    forEach(faultPhase(evidence, labels), `status ${anyOf.join(' or ')}`, (x) => (x.head && anyOf.includes(x.head.status) ? null : outcome(x))),
})

/** Every caller gets one of these statuses. */
export const statusIs = (anyOf: number | number[], labels?: string[]) => checkData(statusIsCheck, { anyOf: [anyOf].flat(), labels })
