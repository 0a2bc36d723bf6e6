import type { z } from 'zod'
import { createBody, rotateBody } from '../../authenticate/admin.ts'
import { describeInput } from '../../validate/describe.ts'
import { chatRequest, embeddingsRequest } from '../../validate/validate.ts'
import { eventOf, refTo } from './schemas.ts'
import type { SchemaName } from './schemas.ts'
import { labels } from './headers.ts'
import type { HeaderName } from './headers.ts'

/** What one route does, in words and by its schemas. */
export interface Operation {
  readonly id: string
  readonly tag: 'Completions' | 'Models' | 'Jobs' | 'Health' | 'Keys' | 'Operations'
  readonly summary: string
  readonly description?: string
  /** Who may call it. */
  readonly key: 'caller' | 'admin' | 'none'
  readonly body?: Body
  /** Path parameters by name; a route's `*` is the first. */
  readonly parameters?: Readonly<Record<string, string>>
  /** Request headers that mean something to this route alone. */
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: object }>>
  readonly answers: Readonly<Record<number, Answer>>
  /** Statuses of errors, beside those that every route with a key has. */
  readonly errors: readonly number[]
}

export interface Body {
  /** Of the schema in the document. */
  readonly name: string
  readonly schema: object
  readonly required: boolean
  readonly examples: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly description: string
  /** By media type; `schema` where it is not one of ours. */
  readonly content: Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>
  /** Headers of this answer alone. */
  readonly headers?: readonly HeaderName[]
}

const user = { role: 'user', content: 'Say hello.' }
const chatBodies = {
  plain: { model: 'chat', messages: [{ role: 'system', content: 'You are brief.' }, user] },
  stream: { model: 'chat', stream: true, stream_options: { include_usage: true }, messages: [user] },
  tools: { model: 'chat', messages: [{ role: 'user', content: 'Is it raining in Oslo?' }], tools: [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }] },
}
const chatAnswer = { id: 'chatcmpl-1', object: 'chat.completion', created: 1_760_000_000, model: 'tiny', choices: [{ index: 0, message: { role: 'assistant', content: 'Hello.', refusal: null }, finish_reason: 'stop' }], usage: { prompt_tokens: 14, completion_tokens: 2, total_tokens: 16 } }
const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1_760_000_000, model: 'tiny', choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello.' }, finish_reason: null }] }
const model = { id: 'chat', object: 'model', created: 1_760_000_000, owned_by: 'gateway' }
const key = { id: 'team-a', tenant: 'team-a', source: 'admin', state: 'active', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null }
const ticket = { id: 'job_0123456789abcdef0123456789abcdef', object: 'job', status: 'queued', created: 1_760_000_000 }
const job = { ...ticket, status: 'done', url: '/v1/chat/completions', attempts: 1, headers: { 'x-gauntlet-attempts': '1', 'x-gauntlet-upstream': 'primary' }, result: chatAnswer }
const newKey = { ...key, key: 'gw-EXAMPLE', retiring: [] }

const json = (name: SchemaName, description: string, example: unknown, ...headers: HeaderName[]): Answer => ({ description, content: { 'application/json': { schema: refTo(name), example } }, headers })
const text = (description: string, type: string): Answer => ({ description, content: { [type]: { schema: { type: 'string' } } } })
const required = (name: string, type: z.ZodType, examples: Body['examples']): Body => ({ name, schema: describeInput(type), required: true, examples })
const closed = (type: z.ZodType): object => ({ ...describeInput(type), additionalProperties: false })

const submission = (url: string, body: string): object => ({ type: 'object', required: ['url', 'body'], additionalProperties: false, properties: { url: { type: 'string', const: url }, body: { $ref: `#/components/schemas/${body}` } } })

const upstreamErrors = [422, 500, 502, 503, 504]

/** Every route by method and pattern; those of policies that are off are left out of the document. */
export function operations(): Readonly<Record<string, Operation>> {
  return {
    'POST /v1/chat/completions': {
      id: 'createChatCompletion', tag: 'Completions', key: 'caller', summary: 'Answer a conversation',
      description: 'Fields that are not listed go to the upstream as they are. Errors of the upstream keep their status, also where it is not listed here.',
      body: required('ChatRequest', chatRequest, chatBodies),
      answers: { 200: {
        description: 'The answer; with `stream` true as server-sent events.', headers: labels,
        content: {
          'application/json': { schema: refTo('ChatCompletion'), example: chatAnswer },
          'text/event-stream': { schema: eventOf('Each event; the last is `data: [DONE]`. Comments (`: keep-alive`) may come between them.', 'ChatCompletionChunk', 'StreamError'), example: { data: JSON.stringify(chunk) } },
        },
      } },
      errors: [400, 404, 413, 415, 429, ...upstreamErrors],
    },
    'POST /v1/embeddings': {
      id: 'createEmbedding', tag: 'Completions', key: 'caller', summary: 'Turn texts into vectors',
      body: required('EmbeddingsRequest', embeddingsRequest, { one: { model: 'chat', input: 'Hello.' }, many: { model: 'chat', input: ['Hello.', 'Goodbye.'], encoding_format: 'float' } }),
      answers: { 200: json('Embeddings', 'The vectors, in the order of the texts.', { object: 'list', model: 'tiny', data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.2] }], usage: { prompt_tokens: 2, total_tokens: 2 } }, ...labels) },
      errors: [400, 404, 413, 415, 429, ...upstreamErrors],
    },
    'GET /v1/models': {
      id: 'listModels', tag: 'Models', key: 'caller', summary: 'The models that can be asked',
      answers: { 200: json('Models', 'All of them.', { object: 'list', data: [model] }) },
      errors: [429, 500, 503],
    },
    'GET /v1/models/*': {
      id: 'getModel', tag: 'Models', key: 'caller', summary: 'One model',
      parameters: { model: 'Its name, in any case. A slash in it may stand as it is.' },
      answers: { 200: json('Model', 'The model.', model) },
      errors: [400, 404, 429, 500, 503],
    },
    'POST /v1/jobs': {
      id: 'createJob', tag: 'Jobs', key: 'caller', summary: 'Have something answered later',
      description: 'Takes what the two completion routes take. The chunks of a chat can be followed as they come, whatever its `stream` says.',
      headers: { 'idempotency-key': { description: 'The same key makes the same job, once.', schema: { type: 'string', minLength: 1, maxLength: 255 } } },
      body: { name: 'JobRequest', required: true, schema: { oneOf: [submission('/v1/chat/completions', 'ChatRequest'), submission('/v1/embeddings', 'EmbeddingsRequest')] }, examples: { chat: { url: '/v1/chat/completions', body: chatBodies.plain } } },
      answers: { 202: json('JobTicket', 'The job is taken.', ticket, 'location') },
      errors: [400, 404, 413, 415, 422, 429, 500, 503],
    },
    'GET /v1/jobs/:id': {
      id: 'getJob', tag: 'Jobs', key: 'caller', summary: 'A job, and its result once it has one', parameters: { id: 'Of the job.' },
      answers: { 200: json('Job', 'The job.', job) },
      errors: [404, 429, 500, 503],
    },
    'DELETE /v1/jobs/:id': {
      id: 'removeJob', tag: 'Jobs', key: 'caller', summary: 'Cancel a job, or forget one that has ended', parameters: { id: 'Of the job.' },
      answers: { 200: json('RemovedJob', 'The job.', { ...ticket, status: 'failed', deleted: false }) },
      errors: [400, 404, 429, 500, 503],
    },
    'GET /v1/jobs/:id/events': {
      id: 'followJob', tag: 'Jobs', key: 'caller', summary: 'A job as it goes on', parameters: { id: 'Of the job.' },
      headers: { 'last-event-id': { description: 'Go on behind this event.', schema: { type: 'string' } } },
      answers: { 200: { description: 'The job, as server-sent events.', content: { 'text/event-stream': { schema: eventOf('Each change of the status, under its name and with the job, and the chunks of a chat in between; the last is `data: [DONE]`.', 'Job', 'ChatCompletionChunk', 'StreamError'), example: { event: 'done', id: '1760000000000-0', data: JSON.stringify(job) } } } } },
      errors: [404, 429, 500, 503],
    },
    'GET /health/live': {
      id: 'isAlive', tag: 'Health', key: 'none', summary: 'Whether the process turns',
      answers: { 200: json('Alive', 'It does.', { status: 'ok' }) },
      errors: [],
    },
    'GET /health/ready': {
      id: 'isReady', tag: 'Health', key: 'none', summary: 'Whether this replica should get requests',
      answers: {
        200: json('Readiness', 'It should.', { status: 'ready', draining: false, dependencies: { redis: { status: 'up', required: true } } }),
        503: json('Readiness', 'It should not: it drains, or misses what it needs.', { status: 'not_ready', draining: true, dependencies: {} }),
      },
      errors: [],
    },
    'GET /admin/keys': {
      id: 'listKeys', tag: 'Keys', key: 'admin', summary: 'All keys, without what opens them',
      answers: { 200: json('Keys', 'The keys; an id has one entry more for each older key in its overlap.', { object: 'list', data: [key] }) },
      errors: [403, 500, 503],
    },
    'POST /admin/keys': {
      id: 'createKey', tag: 'Keys', key: 'admin', summary: 'Make a key',
      body: { name: 'KeyRequest', schema: closed(createBody), required: true, examples: { plain: { id: 'team-a' } } },
      answers: { 201: json('NewKey', 'The key, good on every replica.', newKey) },
      errors: [400, 403, 409, 413, 415, 422, 500, 503],
    },
    'POST /admin/keys/:id/rotate': {
      id: 'rotateKey', tag: 'Keys', key: 'admin', summary: 'Replace a key', parameters: { id: 'Of the key.' },
      description: 'The old key stays valid for `overlapSeconds`.',
      body: { name: 'RotationRequest', schema: closed(rotateBody), required: false, examples: { plain: { overlapSeconds: 3_600 } } },
      answers: { 200: json('NewKey', 'The new key, good on every replica.', newKey) },
      errors: [400, 403, 404, 409, 413, 415, 422, 500, 503],
    },
    'DELETE /admin/keys/:id': {
      id: 'revokeKey', tag: 'Keys', key: 'admin', summary: 'Revoke a key at once', parameters: { id: 'Of the key.' },
      answers: { 200: json('Key', 'The revoked key.', { ...key, state: 'revoked', expiresAt: '2026-01-02T00:00:00.000Z' }) },
      errors: [400, 403, 404, 500, 503],
    },
    'GET /openapi.json': {
      id: 'getDocument', tag: 'Operations', key: 'none', summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': { schema: { type: 'object' } } } } },
      errors: [],
    },
    'GET /docs': { id: 'getDocs', tag: 'Operations', key: 'none', summary: 'This document for people', answers: { 200: text('A page that loads nothing from elsewhere.', 'text/html') }, errors: [] },
    [metricsRoute]: { id: 'getMetrics', tag: 'Operations', key: 'none', summary: 'Numbers for Prometheus', answers: { 200: text('The text format 0.0.4.', 'text/plain') }, errors: [] },
  }
}

/** The metrics are where the config says. */
export const metricsRoute = 'GET (metrics)'
