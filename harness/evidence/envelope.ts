import { violations } from '../openai-schema.ts'
import type { Exchange } from './types.ts'
import { at, bodyJson, bodyText, header, outcome } from './views.ts'

/** Why an answer is no honest error: another status than these, or no error object of OpenAI's. Null when it is one. */
export const notAnEnvelope = (exchange: Exchange, anyOf: readonly number[]): string | null => {
  if (!exchange.head || !anyOf.includes(exchange.head.status) || exchange.end?.how !== 'complete') return outcome(exchange)
  const body = bodyJson(exchange)
  if (body === undefined) return `a body that is not JSON: ${bodyText(exchange).slice(0, 100) || 'empty'}`
  if (!/json/i.test(header(exchange, 'content-type') ?? '')) return `content-type ${header(exchange, 'content-type')}`
  const wrong = violations('core', 'ErrorResponse', body)
  if (wrong !== null) return wrong
  return /<html|<!doctype/i.test(String(at(body, 'error', 'message'))) ? 'an HTML page as the message' : null
}
