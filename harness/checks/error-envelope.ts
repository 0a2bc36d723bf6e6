import { z } from 'zod'
import { at, bodyJson, bodyText, faultPhase, header, outcome } from '../evidence/views.ts'
import { violations } from '../openai-schema.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const errorEnvelopeCheck = defineCheck({
  name: 'error-envelope',
  params: z.strictObject({ anyOf: z.array(z.number().int()).min(1), code: z.string().optional(), labels: z.array(z.string()).optional() }),
  judge: (evidence, { anyOf, code, labels }) =>
    forEach(
      faultPhase(evidence, labels),
      `status ${anyOf.join(' or ')} with OpenAI's error object${code === undefined ? '' : ` and code ${JSON.stringify(code)}`}`,
      (x) => {
        if (!x.head || !anyOf.includes(x.head.status) || x.end?.how !== 'complete') return outcome(x)
        const body = bodyJson(x)
        if (body === undefined) return `a body that is not JSON: ${bodyText(x).slice(0, 100) || 'empty'}`
        if (!/json/i.test(header(x, 'content-type') ?? '')) return `content-type ${header(x, 'content-type')}`
        const wrong = violations('core', 'ErrorResponse', body)
        if (wrong !== null) return wrong
        const message = String(at(body, 'error', 'message'))
        if (/<html|<!doctype/i.test(message)) return 'an HTML page as the message'
        return code === undefined || at(body, 'error', 'code') === code ? null : `code ${JSON.stringify(at(body, 'error', 'code'))}`
      },
    ),
})

/** The caller gets an honest error: the right status and OpenAI's error object. */
export const errorEnvelope = (anyOf: number | number[], options: { code?: string; labels?: string[] } = {}) => checkData(errorEnvelopeCheck, { anyOf: [anyOf].flat(), ...options })
