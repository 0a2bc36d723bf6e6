import { z } from 'zod'
import { invalidFields } from '../errors.ts'
import type { FieldError } from '../errors.ts'
import type { InputLimits } from '../policies.ts'
import { maxIssues } from './bounded.ts'
import type { ChatRequest, EmbeddingsRequest } from './validate.ts'

export const inputLimitsConfig = z.strictObject({
  /** Characters (code points) of one message, all its text parts together, or of one text to embed. */
  messageChars: z.int().min(1).default(10_000),
  /** Of a chat; for embeddings the number of texts. */
  messages: z.int().min(1).default(1_000),
  /** What `user` and `safety_identifier` may look like. */
  userPattern: z.string().refine(isPattern, 'expected a regular expression').default('^[A-Za-z0-9._@:-]{1,128}$'),
  /** Status of a refusal; by default what the error dialect has for it, 400 in OpenAI's and 422 in problem+json. */
  status: z.union([z.literal(400), z.literal(422)]).optional(),
})
export type InputLimitsConfig = z.output<typeof inputLimitsConfig>

/** Limits of what a caller may send, checked once the body is known to be valid; a refusal lists every field that is over. */
export function createInputLimits(config: InputLimitsConfig): InputLimits {
  const userPattern = new RegExp(config.userPattern, 'u')
  return {
    check(kind, body) {
      const fields = [...(kind === 'chat' ? tooLongMessages(body as ChatRequest, config) : tooLongInputs(body as EmbeddingsRequest, config))]
      for (const field of ['user', 'safety_identifier']) {
        const value = body[field]
        if (typeof value === 'string' && !userPattern.test(value)) fields.push(refusal(field, 'it has characters or a length that are not allowed'))
      }
      if (fields.length > 0) throw invalidFields(fields)
    },
  }
}

function tooLongMessages({ messages }: ChatRequest, { messages: most, messageChars }: Pick<InputLimitsConfig, 'messages' | 'messageChars'>): FieldError[] {
  if (messages.length > most) return [refusal('messages', `expected at most ${most} messages`, 'array_above_max_length')]
  const fields: FieldError[] = []
  for (let index = 0; index < messages.length && fields.length < maxIssues; index++) {
    const content = messages[index]?.content
    const texts = typeof content === 'string' ? [content] : Array.isArray(content) ? content.map(textOf) : []
    if (isLonger(texts, messageChars)) fields.push(tooLong(`messages[${index}].content`, messageChars))
  }
  return fields
}

function tooLongInputs({ input }: EmbeddingsRequest, { messages: most, messageChars }: Pick<InputLimitsConfig, 'messages' | 'messageChars'>): FieldError[] {
  if (typeof input === 'string') return isLonger([input], messageChars) ? [tooLong('input', messageChars)] : []
  // The tokens of one text: each stands for a character or more.
  if (typeof input[0] === 'number') return input.length > messageChars ? [tooLong('input', messageChars)] : []
  if (input.length > most) return [refusal('input', `expected at most ${most} texts`, 'array_above_max_length')]
  const fields: FieldError[] = []
  for (let index = 0; index < input.length && fields.length < maxIssues; index++) {
    const text = input[index]
    if (typeof text === 'string' ? isLonger([text], messageChars) : Array.isArray(text) && text.length > messageChars) fields.push(tooLong(`input[${index}]`, messageChars))
  }
  return fields
}

// Whatever the type of the part says: an upstream may read the text of one that we do not know.
function textOf({ text, refusal: refused }: Readonly<Record<string, unknown>>): string {
  return typeof text === 'string' ? text : typeof refused === 'string' ? refused : ''
}

/** Code points, as most other languages count: in UTF-16 units an emoji would be two characters. */
function isLonger(texts: readonly string[], most: number): boolean {
  let units = 0
  for (const text of texts) units += text.length
  if (units <= most || units > 2 * most) return units > most
  let pairs = 0
  for (const text of texts) pairs += surrogatePairs(text)
  return units - pairs > most
}

function surrogatePairs(text: string): number {
  let pairs = 0
  for (let at = 0; at < text.length; at++) {
    if ((text.codePointAt(at) ?? 0) <= 0xffff) continue
    pairs++
    at++
  }
  return pairs
}

function tooLong(field: string, most: number): FieldError {
  return refusal(field, `expected at most ${most} characters`, 'string_above_max_length')
}

function refusal(field: string, explanation: string, code = 'invalid_value'): FieldError {
  return { field, message: `Invalid value for '${field}': ${explanation}.`, code }
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'u') instanceof RegExp
  } catch {
    return false
  }
}
