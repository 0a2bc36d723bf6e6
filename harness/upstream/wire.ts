import { answerFor, embeddingFor } from './answer.ts'
import type { Answer } from './answer.ts'

/** What the scripted upstream calls its model; a gateway may pass it on or put its own name. */
export const UPSTREAM_MODEL = 'tiny'
const CREATED = 1_750_000_000

const usage = (a: Answer) => ({ prompt_tokens: a.promptTokens, completion_tokens: a.completionTokens, total_tokens: a.promptTokens + a.completionTokens })

/** `chat.completion` by OpenAI's document, every required field present. */
export const completion = (nonce: string): object => {
  const answer = answerFor(nonce)
  return {
    id: `chatcmpl-${nonce}`, object: 'chat.completion', created: CREATED, model: UPSTREAM_MODEL, system_fingerprint: 'fp_gauntlet',
    choices: [{ index: 0, message: { role: 'assistant', content: answer.text, refusal: null }, logprobs: null, finish_reason: 'stop' }],
    usage: usage(answer),
  }
}

/** The `chat.completion.chunk` objects of one stream: role, one per piece, finish, and usage when it was asked for. */
export const completionChunks = (nonce: string, includeUsage: boolean): object[] => {
  const answer = answerFor(nonce)
  const chunk = (choices: object[], more: object = {}) => ({
    id: `chatcmpl-${nonce}`, object: 'chat.completion.chunk', created: CREATED, model: UPSTREAM_MODEL, system_fingerprint: 'fp_gauntlet', choices,
    ...(includeUsage ? { usage: null } : {}), ...more,
  })
  const choice = (delta: object, finish: string | null = null) => ({ index: 0, delta, logprobs: null, finish_reason: finish })
  return [
    chunk([choice({ role: 'assistant', content: '', refusal: null })]),
    ...answer.pieces.map((piece) => chunk([choice({ content: piece })])),
    chunk([choice({}, 'stop')]),
    ...(includeUsage ? [chunk([], { usage: usage(answer) })] : []),
  ]
}

/** The `list` of embeddings; base64 of little-endian floats when it was asked for. */
export const embeddings = (inputs: string[], base64: boolean): object => ({
  object: 'list', model: UPSTREAM_MODEL,
  data: inputs.map((input, index) => {
    const vector = embeddingFor(input)
    return { object: 'embedding', index, embedding: base64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : vector }
  }),
  usage: { prompt_tokens: 5, total_tokens: 5 },
})

export const models = { object: 'list', data: [{ id: UPSTREAM_MODEL, object: 'model', created: CREATED, owned_by: 'gauntlet' }] }

/** OpenAI's error object for a status, as real bodies have it. */
export const errorBody = (status: number, message: string): { error: { message: string; type: string; param: string | null; code: string | null } } => {
  const rows: Record<number, [type: string, param: string | null, code: string | null]> = {
    400: ['invalid_request_error', 'messages', 'context_length_exceeded'],
    401: ['invalid_request_error', null, 'invalid_api_key'],
    404: ['invalid_request_error', null, 'model_not_found'],
    429: ['requests', null, 'rate_limit_exceeded'],
    503: ['service_unavailable_error', null, 'server_is_overloaded'],
  }
  const [type, param, code] = rows[status] ?? ['server_error', null, null]
  return { error: { message, type, param, code } }
}
