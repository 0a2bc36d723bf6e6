import { unsalted } from '../nonce.ts'
import { answerFor, embeddingFor } from './answer.ts'
import type { Answer } from './answer.ts'

/** What the scripted upstream calls its model; a gateway may pass it on or put its own name. */
export const UPSTREAM_MODEL = 'tiny'
const CREATED = 1_750_000_000

export interface Flavour {
  /** finish_reason; `stop`, or `tool_calls` with tools, unless given. */
  finish?: string | undefined
  tools?: boolean | undefined
  /** Words of the answer instead of its own, as a stream cuts them. */
  says?: readonly string[] | undefined
}

const usage = (a: Answer) => ({ prompt_tokens: a.promptTokens, completion_tokens: a.completionTokens, total_tokens: a.promptTokens + a.completionTokens })
const finishOf = ({ finish, tools }: Flavour): string => finish ?? (tools ? 'tool_calls' : 'stop')

/** Arguments with the spelling that a gateway must not touch: spaces, an escape, a number that a double cannot hold. Their pieces would cut a salt in two. */
const toolCalls = (nonce: string) => [
  { id: `call_${nonce}_a`, type: 'function', function: { name: 'look_up', arguments: `{"key":  "${unsalted(nonce)}", "text": "caf\\u00e9 🦊", "n": 12345678901234567890 }` } },
  { id: `call_${nonce}_b`, type: 'function', function: { name: 'add', arguments: '{"a":1.0,"b":[2, 3]}' } },
]

/** `chat.completion` by OpenAI's document, every required field present. */
export const completion = (nonce: string, flavour: Flavour = {}): object => {
  const answer = answerFor(nonce, flavour.says)
  const message = { role: 'assistant', content: flavour.tools ? null : answer.text, refusal: null, ...(flavour.tools ? { tool_calls: toolCalls(nonce) } : {}) }
  return {
    id: `chatcmpl-${nonce}`, object: 'chat.completion', created: CREATED, model: UPSTREAM_MODEL, system_fingerprint: 'fp_gauntlet',
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(flavour) }], usage: usage(answer),
  }
}

/** The deltas of two tool calls, their arguments in pieces that alternate, each with its index. */
const toolDeltas = (nonce: string): object[] => {
  const calls = toolCalls(nonce)
  const opening = calls.map(({ id, type, function: f }, index) => ({ tool_calls: [{ index, id, type, function: { name: f.name, arguments: '' } }] }))
  const pieces = calls.map(({ function: f }) => f.arguments.match(/.{1,9}/gsu) ?? [])
  const longest = Math.max(...pieces.map((p) => p.length))
  const rest = Array.from({ length: longest }, (_, i) => pieces.flatMap((p, index) => (p[i] === undefined ? [] : [{ tool_calls: [{ index, function: { arguments: p[i] } }] }]))).flat()
  return [...opening, ...rest]
}

/** The `chat.completion.chunk` objects of one stream: role, one per piece, finish, and usage when it was asked for. */
export const completionChunks = (nonce: string, includeUsage: boolean, flavour: Flavour = {}): object[] => {
  const answer = answerFor(nonce, flavour.says)
  const chunk = (choices: object[], more: object = {}) => ({
    id: `chatcmpl-${nonce}`, object: 'chat.completion.chunk', created: CREATED, model: UPSTREAM_MODEL, system_fingerprint: 'fp_gauntlet', choices,
    ...(includeUsage ? { usage: null } : {}), ...more,
  })
  const choice = (delta: object, finish: string | null = null) => ({ index: 0, delta, logprobs: null, finish_reason: finish })
  const deltas = flavour.tools ? toolDeltas(nonce) : answer.pieces.map((content) => ({ content }))
  return [
    chunk([choice({ role: 'assistant', content: flavour.tools ? null : '', refusal: null })]),
    ...deltas.map((delta) => chunk([choice(delta)])),
    chunk([choice({}, finishOf(flavour))]),
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
