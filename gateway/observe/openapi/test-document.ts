import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'vitest'
import { open, read } from '../../test-support.ts'
import type { Reply } from '../../test-support.ts'

interface Media {
  readonly schema: object
  readonly example?: unknown
  readonly examples?: Record<string, { value: unknown }>
}
interface Operation {
  readonly operationId?: string
  readonly security?: unknown[]
  readonly requestBody?: { readonly content: Record<string, Media> }
  readonly responses: Record<string, { readonly content: Record<string, Media> }>
}
export interface Document {
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly schemas: Record<string, object> }
}

/** The document of a gateway, as anybody gets it. */
export async function fetchDocument(url: string): Promise<Document> {
  const reply = await read(await open(`${url}/openapi.json`, undefined, { headers: { authorization: '' } }).response)
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } })
  return JSON.parse(reply.text) as Document
}

/** A validator that knows the document's schemas. */
export function checker(document: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  ajv.addSchema(document, 'document')
  return (schema: object, value: unknown, what: string): void => {
    const absolute = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"document#/')) as object
    const valid = ajv.validate(absolute, value)
    expect(valid, `${what}: ${ajv.errorsText()} in ${JSON.stringify(value)?.slice(0, 300)}`).toBe(true)
  }
}

/** Its operations by method and path. */
export function all(document: Document): [route: string, operation: Operation][] {
  return Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]): [string, Operation] => [`${method.toUpperCase()} ${path}`, operation]))
}

/** Holds an answer against the document: its status is listed, and its body is what is said for that status. */
export function holds(document: Document, route: string, reply: Reply, status: number): void {
  expect(reply.status, `${route}: ${reply.text}`).toBe(status)
  const operation = all(document).find(([name]) => name === route)?.[1]
  const [type = ''] = (reply.headers['content-type'] ?? '').split(';')
  const { schema } = operation?.responses[status]?.content[type] ?? expect.fail(`${route} ${status} ${type} is not documented`)
  const check = checker(document)
  if (type !== 'text/event-stream') check(schema, type.endsWith('json') ? JSON.parse(reply.text) : reply.text, `${route} ${status}`)
  else {
    // For JSON Schema, and so for ajv, what is in a text is not its business.
    const { contentSchema } = (schema as EventSchema).properties.data.anyOf[1]
    for (const event of eventsOf(reply.text)) {
      check(schema, event, `an event of ${route}`)
      if (event['data'] !== '[DONE]') check(contentSchema, JSON.parse(event['data'] ?? ''), `the data of an event of ${route}`)
    }
  }
}

interface EventSchema {
  readonly properties: { readonly data: { readonly anyOf: readonly [object, { readonly contentSchema: object }] } }
}

/** The events of a stream by their fields. */
function eventsOf(text: string): Record<string, string>[] {
  return text.split('\n\n').slice(0, -1).map((frame) => Object.fromEntries(frame.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)])) as Record<string, string>)
}
