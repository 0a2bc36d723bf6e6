import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { GatewayError, invalidFields } from '../errors.ts'
import type { FieldError } from '../errors.ts'
import { embeddable, list, maxIssues, numbers } from './bounded.ts'
import { describeInput } from './describe.ts'
import type { JsonBody } from './json-body.ts'

const part = z.looseObject({ type: z.string().min(1) })
const text = z.union([z.string(), list(part, { min: 1 })])
const optional = <T extends z.ZodType>(type: T) => type.nullish()

const chatMessage = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['developer', 'system', 'user']), content: text }),
  z.looseObject({ role: z.literal('assistant'), content: optional(text), tool_calls: optional(list(z.looseObject({ id: z.string(), type: z.string() }))) }),
  z.looseObject({ role: z.literal('tool'), content: text, tool_call_id: z.string() }),
  z.looseObject({ role: z.literal('function'), name: z.string(), content: z.string().nullable() }),
])

/** What the gateway insists on in a chat request. Fields it does not know go to the upstream untouched. */
export const chatRequest = z
  .looseObject({
    model: z.string().min(1),
    messages: list(chatMessage, { min: 1 }),
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
    seed: optional(z.number().refine(Number.isInteger, 'expected an integer').meta({ type: 'integer' })),
    stop: optional(z.union([z.string(), list(z.string(), { max: 4 })])),
    user: optional(z.string()),
    safety_identifier: optional(z.string()),
    tools: optional(list(z.looseObject({ type: z.string() }))),
    tool_choice: optional(z.union([z.string(), z.looseObject({ type: z.string() })])),
    parallel_tool_calls: optional(z.boolean()),
    response_format: optional(z.looseObject({ type: z.string() })),
    logit_bias: optional(numbers),
  })
  .refine((body) => body.stream_options === undefined || body.stream_options === null || body.stream === true, {
    path: ['stream_options'],
    message: 'only allowed when `stream` is true',
  })
  .meta({ if: { required: ['stream'], properties: { stream: { const: true } } }, else: { properties: { stream_options: { type: 'null' } } } })

/** What the gateway insists on in an embeddings request. `encoding_format` goes through as it is. */
export const embeddingsRequest = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string().min(1), embeddable]),
  encoding_format: optional(z.enum(['float', 'base64'])),
  dimensions: optional(z.int().min(1)),
  user: optional(z.string()),
})

/**
 * The same types as compiled functions that only say yes or no, from the schemas that are published: what is right, which is nearly every
 * body, is told in a twentieth of the time and without an object for each field. What they refuse the types themselves look at.
 */
const ajv = new Ajv2020({ strict: false, messages: false })
const isRight = new Map<z.ZodType, (json: unknown) => boolean>([chatRequest, embeddingsRequest].map((type) => [type, ajv.compile(describeInput(type))]))

/** Checks a body against a schema; throws GW_ERR_INVALID_REQUEST with what is wrong, field by field. */
export function validate<T extends z.ZodType>(schema: T, body: JsonBody | undefined): z.output<T> {
  if (isRight.get(schema)?.(body?.json) === true) return body?.json as z.output<T>
  const result = schema.safeParse(body?.json, { reportInput: true })
  if (result.success) return result.data
  const fields = result.error.issues.slice(0, maxIssues).flatMap((issue) => fieldErrors(issue, [])).slice(0, maxIssues)
  if (fields[0] === undefined || fields[0].field === '') throw new GatewayError('GW_ERR_INVALID_REQUEST', { message: 'The body must be a JSON object.', code: null })
  throw invalidFields(fields)
}

function fieldErrors(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[]): FieldError[] {
  const path = [...prefix, ...issue.path]
  const field = formatPath(path)
  if (isMissing(issue)) return [{ field, message: `Missing required parameter: '${field}'.`, code: 'missing_required_parameter' }]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [fieldError(field, issue.code === 'invalid_type', explain(issue))]
  // The branch that got further than the outermost value is the one that was meant.
  const meant = issue.errors.find((branch) => branch.some((inner) => inner.path.length > 0))
  if (meant !== undefined) return meant.flatMap((inner) => fieldErrors(inner, path))
  const expected = issue.errors.map(([inner]) => (inner === undefined ? '' : explain(inner).replace(/^expected /, '')))
  return [fieldError(field, issue.errors.every(([inner]) => inner?.code === 'invalid_type'), `expected ${expected.join(' or ')}`)]
}

function fieldError(field: string, isType: boolean, explanation: string): FieldError {
  return { field, message: `Invalid value for '${field}': ${explanation}.`, code: isType ? 'invalid_type' : 'invalid_value' }
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'custom') return false
  // Of a discriminated union `input` is the object, not the field that is missing in it.
  const { input } = issue
  return issue.code === 'invalid_union' && issue.discriminator !== undefined ? (input as Record<string, unknown>)[issue.discriminator] === undefined : input === undefined
}

function formatPath(path: readonly PropertyKey[]): string {
  const joined = path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('')
  return joined.length > 200 ? `${joined.slice(0, 200)}…` : joined
}

// Only zod's own wording, never the caller's value: an error message is logged and copied around more than a prompt is.
function explain(issue: z.core.$ZodIssue): string {
  return issue.message.replace(/^Invalid (?:input: |discriminator value. )/, '').replace(/, received .*$/, '').replace(/^E(?=xpected)/, 'e')
}

export type ChatRequest = z.output<typeof chatRequest>
export type EmbeddingsRequest = z.output<typeof embeddingsRequest>
