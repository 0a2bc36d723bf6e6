import { GatewayError } from '../../errors.ts'
import type { ErrorId } from '../../errors.ts'
import type { ErrorDialect } from '../../reply/error-dialect.ts'
import { headers, limits, withHeaders } from './headers.ts'
import type { HeaderName } from './headers.ts'
import { metricsRoute, operations } from './operations.ts'
import type { Answer, Operation } from './operations.ts'
import { componentsFor, refTo } from './schemas.ts'

export interface DocumentOptions {
  /** Registered routes as method and pattern, such as `GET /v1/models/*`. */
  readonly routes: readonly string[]
  readonly metricsPath: string | undefined
  /** The largest request body. */
  readonly bodyBytes: number
  readonly errors: ErrorDialect
}

const description = `An OpenAI-compatible gateway. Send your key as \`Authorization: Bearer KEY\` or \`X-API-Key: KEY\`. Every answer has an \`x-request-id\`: yours, or one made for you.`

/** The OpenAPI 3.1 document of a gateway with these routes. Made once, from the zod schemas that the routes check with. */
export function createDocument({ routes, metricsPath, bodyBytes, errors }: DocumentOptions): Record<string, unknown> {
  const known = operations()
  const paths: Record<string, Record<string, unknown>> = {}
  const bodies: Record<string, object> = {}
  for (const route of routes) {
    const [method = '', url = ''] = route.split(' ')
    const operation = known[url === metricsPath ? metricsRoute : route]
    if (operation?.body !== undefined) bodies[operation.body.name] = operation.body.schema
    const path = url.replaceAll(/:(\w+)/g, '{$1}').replace('*', () => `{${Object.keys(operation?.parameters ?? {})[0] ?? 'path'}}`)
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation === undefined ? undescribed(errors) : described(operation, errors) }
  }
  const document = {
    openapi: '3.1.0',
    info: { title: 'Gateway', version: '1', description: `${description} A body may have ${bodyBytes} bytes.` },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(Object.values(known).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
  }
  return {
    ...document,
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
      },
      headers,
      schemas: { ...bodies, ...componentsFor(document) },
    },
  }
}

function described({ id, tag, summary, description: more, key, body, parameters = {}, headers: asked = {}, answers, errors: statuses }: Operation, errors: ErrorDialect): object {
  const all = key === 'none' ? statuses : [401, ...statuses]
  const taken = [
    ...Object.entries(parameters).map(([name, text]) => ({ name, in: 'path', required: true, description: text, schema: { type: 'string', minLength: 1 } })),
    ...Object.entries(asked).map(([name, header]) => ({ name, in: 'header', required: false, ...header })),
  ]
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(more === undefined && key !== 'admin' ? {} : { description: [more, key === 'admin' ? 'Takes the admin key only.' : undefined].filter((part) => part !== undefined).join(' ') }),
    ...(key === 'none' ? { security: [] } : {}),
    ...(taken.length === 0 ? {} : { parameters: taken }),
    ...(body === undefined ? {} : { requestBody: { required: body.required, content: { 'application/json': { schema: { $ref: `#/components/schemas/${body.name}` }, examples: Object.fromEntries(Object.entries(body.examples).map(([name, value]) => [name, { value }])) } } } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answered(answer, key === 'caller')])),
      ...Object.fromEntries(all.map((status) => [status, failed(status, errors, tag)])),
      default: failed(undefined, errors),
    },
  }
}

function answered({ description: text, content, headers: own = [] }: Answer, limited: boolean): object {
  return { description: text, ...withHeaders('x-request-id', ...own, ...(limited ? limits : [])), content }
}

/** A failure with that status, with an example of what it may be of. */
function failed(status: number | undefined, errors: ErrorDialect, tag?: Operation['tag']): object {
  const text = status === undefined ? 'Any other error, such as one of the upstream with a status of its own.' : (descriptions[status] ?? 'An error.')
  const extra: readonly HeaderName[] = status === 401 ? ['www-authenticate'] : status === 429 ? ['retry-after', ...limits] : status === 503 ? ['retry-after'] : []
  const [type = ''] = errors.contentType.split(';')
  const sample = [...(tag === undefined ? [] : (samplesOf[tag] ?? [])), ...samples].map((id) => new GatewayError(id)).find((error) => errors.status(error) === status)
  const example = sample === undefined ? {} : { example: JSON.parse(errors.body(sample, 'req_1')) as unknown }
  return { description: text, ...withHeaders('x-request-id', ...extra), content: { [type]: { schema: refTo(type === 'application/problem+json' ? 'Problem' : 'ErrorAnswer'), ...example } } }
}

/** What a status is shown to be of: the first that has it. */
const samples: readonly ErrorId[] = ['GW_ERR_INVALID_REQUEST', 'GW_ERR_MALFORMED_JSON', 'GW_ERR_INVALID_KEY', 'GW_ERR_FORBIDDEN', 'GW_ERR_MODEL_NOT_FOUND', 'GW_ERR_BODY_TOO_LARGE', 'GW_ERR_MEDIA_TYPE', 'GW_ERR_RATE_LIMITED', 'GW_ERR_INTERNAL', 'GW_ERR_UPSTREAM_UNREACHABLE', 'GW_ERR_OVERLOADED', 'GW_ERR_UPSTREAM_TIMEOUT']
const samplesOf: Partial<Record<Operation['tag'], readonly ErrorId[]>> = {
  Jobs: ['GW_ERR_JOB_NOT_FOUND', 'GW_ERR_JOBS_UNAVAILABLE', 'GW_ERR_IDEMPOTENCY_CONFLICT'],
  Keys: ['GW_ERR_NO_SUCH_KEY', 'GW_ERR_KEY_EXISTS', 'GW_ERR_KEYS_UNAVAILABLE'],
}

const descriptions: Readonly<Record<number, string>> = {
  400: 'The request is not valid; the error names the field.',
  401: 'No key, or a wrong one.',
  403: 'The key may not do that.',
  404: 'There is no such thing.',
  409: 'It is in the way of what is there already.',
  413: 'The body is too large.',
  415: 'The body is not JSON, or is compressed.',
  422: 'The request is refused for what it says.',
  429: 'Too many requests, or a budget is spent.',
  500: 'A bug of the gateway, or an error of the upstream.',
  502: 'The upstream failed, or could not be reached.',
  503: 'Overloaded, shutting down, or the upstream is given time to recover.',
  504: 'The upstream took too long.',
}

/** A route that somebody has added without saying what it does. */
function undescribed(errors: ErrorDialect): object {
  return { responses: { default: failed(undefined, errors) } }
}
