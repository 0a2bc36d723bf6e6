import { z } from 'zod'
import { notAnEnvelope } from '../evidence/envelope.ts'
import { at, bodyJson, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const errorEnvelopeCheck = defineCheck({
  name: 'error-envelope',
  params: z.strictObject({ anyOf: z.array(z.number().int()).min(1), code: z.string().optional(), param: z.string().optional(), labels: z.array(z.string()).optional() }),
  judge: (evidence, { anyOf, code, param, labels }) =>
    forEach(
      faultPhase(evidence, labels),
      `status ${anyOf.join(' or ')} with OpenAI's error object${code === undefined ? '' : ` and code ${JSON.stringify(code)}`}${param === undefined ? '' : ` that names ${param}`}`,
      (x) => {
        const wrong = notAnEnvelope(x, anyOf)
        if (wrong !== null) return wrong
        const found = at(bodyJson(x), 'error', 'code')
        if (code !== undefined && found !== code) return `code ${JSON.stringify(found)}`
        const field = at(bodyJson(x), 'error', 'param')
        // `messages` and `messages[0].content` name the same mistake.
        return param === undefined || (typeof field === 'string' && field.startsWith(param)) ? null : `param ${JSON.stringify(field)}`
      },
    ),
})

/** The caller gets an honest error: the right status and OpenAI's error object. */
export const errorEnvelope = (anyOf: number | number[], options: { code?: string; param?: string; labels?: string[] } = {}) => checkData(errorEnvelopeCheck, { anyOf: [anyOf].flat(), ...options })
