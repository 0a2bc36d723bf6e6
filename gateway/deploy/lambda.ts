import { readFileSync } from 'node:fs'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import awsLambdaFastify from '@fastify/aws-lambda'
import type { FastifyInstance } from 'fastify'
import { parseConfig } from '../config.ts'
import type { Config } from '../config.ts'
import { createGateway } from '../server.ts'

// AWS Lambda, by Fastify's own adapter: `lambda.handler` behind an API Gateway or a load balancer, which want an answer in one
// piece; `lambda.streaming` behind a function URL with InvokeMode RESPONSE_STREAM. The gateway is made once per container.

/** What Lambda's runtime for Node.js puts into the global scope. */
interface Runtime {
  streamifyResponse(handler: (event: unknown, out: Writable, context: unknown) => Promise<void>): unknown
  readonly HttpResponseStream: { from(out: Writable, meta: Meta): Writable }
}

interface Meta {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
}

function readConfig(file: string | undefined): Config {
  if (file === undefined || file === '') throw new Error('GATEWAY_CONFIG has to name the config file.')
  const config = parseConfig(parseFile(file))
  // Between two calls a container stands still: a job at work there would be taken for lost.
  if (config.jobs !== false && config.jobs.workers > 0) throw new Error('jobs.workers has to be 0 in a serverless function.')
  return config
}

function parseFile(file: string): unknown {
  const text = readFileSync(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch {
    // A parse error of V8 quotes the text around it, and the text may hold keys.
    throw new Error(`The config ${file} is not valid JSON.`)
  }
}

/** Exported for who has to close it; Lambda itself never says when a container goes. */
export const gateway = createGateway(readConfig(process.env['GATEWAY_CONFIG']))
const proxy = awsLambdaFastify(begun(gateway), { payloadAsStream: true, decorateRequest: false })
await gateway.ready()

/** Answers an event of an API Gateway (payload 1.0 and 2.0) or a load balancer, in one piece: of a stream, all events at once when the last has come. */
export async function handler(event: unknown, context: unknown): Promise<Meta & { readonly body: string; readonly isBase64Encoded: false }> {
  const { meta, stream } = await answer(event, context)
  return { ...meta, body: await textOf(stream), isBase64Encoded: false }
}

const { awslambda: runtime } = globalThis as { readonly awslambda?: Runtime }

/** Answers an event of a function URL, each part as it comes. Undefined outside of Lambda. */
export const streaming = runtime?.streamifyResponse(async (event, out, context) => {
  const { meta, stream } = await answer(event, context)
  // Rejects when the answer broke off, and with it the call: the caller gets no well-formed end.
  await pipeline(stream, runtime.HttpResponseStream.from(out, meta))
})

async function answer(event: unknown, context: unknown): Promise<{ readonly meta: Meta; readonly stream: Readable }> {
  const { meta, stream } = await proxy(event, context as Parameters<typeof proxy>[1])
  // Of a connection that there is not.
  const { connection: _connection, 'keep-alive': _keepAlive, 'transfer-encoding': _encoding, ...headers } = meta.headers
  return { meta: { statusCode: meta.statusCode, headers }, stream }
}

/** What has come, also when it broke off: a stream then ends with an event that says so, and that is all that can be told in one piece. */
async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const bytes of stream) chunks.push(Buffer.from(bytes as Buffer))
  } catch {
    // Said in the last event.
  }
  return Buffer.concat(chunks).toString()
}

/**
 * The gateway as the adapter needs it. The adapter takes an answer whose first byte is not there together with its head for an empty
 * one (6.4.1); a stream of ours may think before it speaks. So heads wait for the first byte.
 */
function begun(app: FastifyInstance): FastifyInstance {
  type Inject = (options: object, done: (error: unknown, response?: { stream(): Readable }) => void) => void
  const inject: Inject = (options, done) => {
    ;(app.inject as unknown as Inject)(options, (error, response) => {
      const stream = response?.stream()
      if (stream === undefined || stream.readableLength > 0 || stream.readableEnded || stream.destroyed) {
        done(error, response)
        return
      }
      const once = (): void => {
        stream.off('readable', once).off('close', once)
        done(error, response)
      }
      stream.on('readable', once).on('close', once)
    })
  }
  return { inject } as unknown as FastifyInstance
}
