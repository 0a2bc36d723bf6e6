import { z } from 'zod'
import { GatewayError } from './errors.ts'
import type { JsonBody } from './json-body.ts'

const part = z.looseObject({ type: z.string().min(1) })
const text = z.union([z.string(), z.array(part).min(1)])
const optional = <T extends z.ZodType>(type: T) => type.nullish()

const chatMessage = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['developer', 'system', 'user']), content: text }),
  z.looseObject({ role: z.literal('assistant'), content: optional(text), tool_calls: optional(z.array(z.looseObject({ id: z.string(), type: z.string() }))) }),
  z.looseObject({ role: z.literal('tool'), content: text, tool_call_id: z.string() }),
  z.looseObject({ role: z.literal('function'), name: z.string(), content: z.string().nullable() }),
])

/** What the gateway insists on in a chat request. Fields it does not know go to the upstream untouched. */
export const chatRequest = z
  .looseObject({
    model: z.string().min(1),
    messages: z.array(chatMessage).min(1),
    stream: optional(z.boolean()),
    stream_options: optional(z.looseObject({ include_usage: optional(z.boolean()) })),
    n: optional(z.int().min(1).max(128)),
    max_tokens: optional(z.int().min(0)),
    max_completion_tokens: optional(z.int().min(0)),
    temperature: optional(z.number().min(0).max(2)),
    top_p: optional(z.number().min(0).max(1)),
    presence_penalty: optional(z.number().min(-2).max(2)),
    frequency_penalty: optional(z.number().min(-2).max(2)),
    logprobs: optional(z.boolean()),
    top_logprobs: optional(z.int().min(0).max(20)),
    seed: optional(z.number().refine(Number.isInteger, 'expected an integer')),
    stop: optional(z.union([z.string(), z.array(z.string()).max(4)])),
    user: optional(z.string()),
    tools: optional(z.array(z.looseObject({ type: z.string() }))),
    tool_choice: optional(z.union([z.string(), z.looseObject({ type: z.string() })])),
    parallel_tool_calls: optional(z.boolean()),
    response_format: optional(z.looseObject({ type: z.string() })),
    logit_bias: optional(z.record(z.string(), z.number())),
  })
  .refine((body) => body.stream_options === undefined || body.stream_options === null || body.stream === true, {
    path: ['stream_options'],
    message: 'only allowed when `stream` is true',
  })

/** What the gateway insists on in an embeddings request. `encoding_format` goes through as it is. */
export const embeddingsRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), z.array(z.string()).min(1), z.array(z.int()).min(1), z.array(z.array(z.int()).min(1)).min(1)]),
  encoding_format: optional(z.enum(['float', 'base64'])),
  dimensions: optional(z.int().min(1)),
  user: optional(z.string()),
})

/** Checks a body against a schema; the first issue becomes a 400 whose `param` names the field. */
export function validate<T extends z.ZodType>(schema: T, body: JsonBody | undefined): z.output<T> {
  const result = schema.safeParse(body?.json, { reportInput: true })
  if (result.success) return result.data
  const found = result.error.issues[0]
  if (found === undefined || found.path.length === 0) {
    throw new GatewayError('GW_ERR_INVALID_REQUEST', { message: 'The body must be a JSON object.', code: null })
  }
  const param = formatPath(found.path)
  const missing = found.input === undefined && found.code !== 'custom'
  const [code, message] = missing
    ? (['missing_required_parameter', `Missing required parameter: '${param}'.`] as const)
    : ([found.code === 'invalid_type' ? 'invalid_type' : 'invalid_value', `Invalid value for '${param}': ${explain(found)}.`] as const)
  throw new GatewayError('GW_ERR_INVALID_REQUEST', { message, code, param })
}

function formatPath(path: readonly PropertyKey[]): string {
  const joined = path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('')
  return joined.length > 200 ? `${joined.slice(0, 200)}…` : joined
}

// Only zod's own wording, never the caller's value: an error message is logged and copied around more than a prompt is.
function explain(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid input: /, '').replace(/, received .*$/, '')
}
