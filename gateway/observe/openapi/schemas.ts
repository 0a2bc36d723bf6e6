import { z } from 'zod'
import { describeOutputs } from '../../validate/describe.ts'

/** Where the schemas stand in the document. */
const base = '#/components/schemas/'

const tokens = z.int().min(0)
const usage = z.looseObject({ prompt_tokens: tokens, completion_tokens: tokens.optional(), total_tokens: tokens }).meta({ description: 'Counted by the upstream.' })
const toolCalls = z.array(z.looseObject({ index: z.int().optional(), id: z.string().optional(), type: z.string().optional(), function: z.looseObject({ name: z.string().optional(), arguments: z.string().optional() }).optional() }))
const finishReason = z.string().nullish().meta({ description: '`stop`, `length`, `tool_calls`, `content_filter` or `function_call`.' })

// Answers are the upstream's own bytes: only what the gateway insists on is required.
const chatCompletion = z
  .looseObject({
    id: z.string().optional(),
    object: z.string().optional(),
    created: z.number().optional(),
    model: z.string().optional(),
    choices: z.array(z.looseObject({
      index: z.int().optional(),
      message: z.looseObject({ role: z.string().optional(), content: z.string().nullish(), refusal: z.string().nullish(), tool_calls: toolCalls.nullish() }).optional(),
      finish_reason: finishReason,
    })).min(1),
    usage: usage.nullish(),
    cached: z.boolean().optional().meta({ description: 'True for an answer out of the cache.' }),
  })
const chunk = z
  .looseObject({
    id: z.string().optional(),
    object: z.string().optional(),
    created: z.number().optional(),
    model: z.string().optional(),
    choices: z.array(z.looseObject({
      index: z.int().optional(),
      delta: z.looseObject({ role: z.string().optional(), content: z.string().nullish(), tool_calls: toolCalls.nullish() }).optional(),
      finish_reason: finishReason,
    })),
    usage: usage.nullish(),
  })
  .meta({ description: 'A piece of an answer.' })
const embeddings = z.looseObject({
  object: z.string().optional(),
  model: z.string().optional(),
  data: z.array(z.looseObject({
    object: z.string().optional(),
    index: z.int().optional(),
    embedding: z.union([z.array(z.number()), z.string()]).optional().meta({ description: 'Numbers, or base64 where that was asked for.' }),
  })).min(1),
  usage: usage.nullish(),
})

const model = z.object({ id: z.string(), object: z.literal('model'), created: z.int(), owned_by: z.string() })
const models = z.object({ object: z.literal('list'), data: z.array(model) })

const error = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    param: z.string().nullable().meta({ description: 'The field that is wrong.' }),
    code: z.string().nullable(),
  }),
}).meta({ description: "OpenAI's error object." })
const streamError = z.looseObject({ error: z.looseObject({ message: z.string() }) }).meta({ description: 'Why a stream that has begun ends without `[DONE]`; the connection is cut behind it.' })
const problem = z.object({
  type: z.string().meta({ description: '`urn:gauntlet:error:` and the id of the error.' }),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  instance: z.string().meta({ description: '`urn:gauntlet:request:` and the request id.' }),
  code: z.string().nullable(),
  requestId: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string(), code: z.string() })).optional(),
}).meta({ description: 'RFC 9457.' })

const alive = z.object({ status: z.literal('ok') })
const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  draining: z.boolean(),
  dependencies: z.record(z.string(), z.object({ status: z.enum(['up', 'down']), required: z.boolean() })),
})

const time = z.string().nullable()
const key = z.object({
  id: z.string(),
  tenant: z.string(),
  source: z.enum(['config', 'admin']),
  state: z.enum(['active', 'retiring', 'revoked']),
  createdAt: time.meta({ description: 'ISO 8601; null for a key of the config.' }),
  expiresAt: time,
})
const keys = z.object({ object: z.literal('list'), data: z.array(key) })
const newKey = key.extend({
  key: z.string().meta({ description: 'Told once, here.' }),
  retiring: z.array(z.object({ createdAt: time, expiresAt: time })),
})

const jobStatus = z.enum(['queued', 'running', 'done', 'failed'])
const ticket = z.object({ id: z.string(), object: z.literal('job'), status: jobStatus, created: z.int() })
const job = ticket.extend({
  url: z.enum(['/v1/chat/completions', '/v1/embeddings']),
  attempts: z.int().min(0).meta({ description: 'How often a worker has begun it.' }),
  headers: z.record(z.string(), z.string()).optional().meta({ description: 'Of a job that has ended: what the headers of the answer would have said, such as `x-gauntlet-upstream` and `x-cache`.' }),
  result: z.looseObject({}).optional().meta({ description: 'Of a job that is done: what the URL would have answered.' }),
  error: z.looseObject({ message: z.string() }).optional().meta({ description: 'Of a job that failed.' }),
})
const removed = ticket.extend({ deleted: z.boolean().meta({ description: 'False for a job that was cancelled: its result can still be fetched.' }) })

const registry = z.registry<{ id: string }>()
const named = { ChatCompletion: chatCompletion, ChatCompletionChunk: chunk, Embeddings: embeddings, Model: model, Models: models, ErrorAnswer: error, StreamError: streamError, Problem: problem, Alive: alive, Readiness: readiness, Key: key, Keys: keys, NewKey: newKey, JobTicket: ticket, Job: job, RemovedJob: removed }
for (const [id, type] of Object.entries(named)) registry.add(type as z.ZodType, { id })

export type SchemaName = keyof typeof named

/** A reference to one of the schemas. */
export function refTo(name: SchemaName): { readonly $ref: string } {
  return { $ref: base + name }
}

/** One event of a stream: its data is one of these as JSON, or ends the stream. OpenAPI 3.1 has no `itemSchema`; there `schema` stands for each event. */
export function eventOf(description: string, ...names: readonly SchemaName[]): object {
  const json = { type: 'string', contentMediaType: 'application/json', contentSchema: { anyOf: names.map(refTo) } }
  return { type: 'object', description, required: ['data'], properties: { event: { type: 'string' }, id: { type: 'string' }, data: { anyOf: [{ type: 'string', const: '[DONE]' }, json] } } }
}

/** The schemas that the document refers to, and those that these refer to. */
export function componentsFor(document: unknown): Record<string, unknown> {
  const all = describeOutputs(registry, base)
  const used = new Map<string, unknown>()
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name) || all[name] === undefined) continue
      used.set(name, all[name])
      visit(all[name])
    }
  }
  visit(document)
  return Object.fromEntries([...used].toSorted(([a], [b]) => a.localeCompare(b)))
}
