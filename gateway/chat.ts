import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Call } from './attempt.ts'
import type { Config } from './config.ts'
import { asGatewayError, GatewayError } from './errors.ts'
import type { JsonBody } from './json-body.ts'
import { relayStream } from './relay.ts'
import type { Chain, Route } from './route.ts'
import { RequestScope } from './scope.ts'
import { chatRequest, embeddingsRequest, validate } from './validate.ts'

export interface ServiceOptions {
  readonly config: Config
  readonly route: Route
  /** Aborts what is still in flight when a drain has reached its deadline. */
  readonly cut: AbortSignal
}

/** The life of a completion request, from the caller's body to the caller's answer. Authentication is behind it already. */
export function completionRoutes(app: FastifyInstance, { config, route, cut }: ServiceOptions): void {
  app.post('/v1/chat/completions', async (request, reply) => {
    const input = bodyOf(request)
    const body = validate(chatRequest, input)
    const chain = chainOf(config, body.model)
    const call: Call = { path: '/chat/completions', raw: input.raw, headers: forwarded(request), stream: body.stream === true, choices: body.n ?? 1 }
    return serve(request, reply, body.model, chain, call)
  })

  app.post('/v1/embeddings', async (request, reply) => {
    const input = bodyOf(request)
    const body = validate(embeddingsRequest, input)
    const chain = chainOf(config, body.model)
    return serve(request, reply, body.model, chain, { path: '/embeddings', raw: input.raw, headers: forwarded(request), stream: false, choices: 1 })
  })

  async function serve(request: FastifyRequest, reply: FastifyReply, model: string, chain: Chain, call: Call): Promise<FastifyReply> {
    const { trace } = request
    trace.model = model
    trace.stream = call.stream
    using scope = new RequestScope(request, reply, config.timeouts.totalMs, cut)
    try {
      const answer = await route(chain, call, scope, trace)
      label(reply, request)
      if (answer.kind === 'json') return reply.type('application/json; charset=utf-8').send(answer.bytes)
      const error = await relayStream(answer.frames, reply, scope.signal, config.stream.keepAliveMs)
      if (error !== undefined) trace.error = error.id
      return reply
    } catch (error) {
      label(reply, request)
      throw asGatewayError(error)
    }
  }
}

function bodyOf(request: FastifyRequest): JsonBody {
  if (request.body === undefined || request.body === null) throw new GatewayError('GW_ERR_MALFORMED_JSON')
  return request.body as JsonBody
}

function chainOf(config: Config, model: string): Chain {
  const found = Object.hasOwn(config.models, model) ? config.models[model] : undefined
  if (found === undefined) throw modelNotFound(model)
  return found.chain
}

/** The 404 for a model that the config does not name. */
export function modelNotFound(model: string): GatewayError {
  const name = model.length > 100 ? `${model.slice(0, 100)}…` : model
  return new GatewayError('GW_ERR_MODEL_NOT_FOUND', { message: `The model '${name}' does not exist or you do not have access to it.`, param: 'model' })
}

// A list of what goes on, not of what does not: the caller's credentials, hop-by-hop headers and whatever else a proxy
// in front adds stay here without anybody having to think of them.
function forwarded(request: FastifyRequest): Record<string, string> {
  const headers: Record<string, string> = { 'x-request-id': request.id }
  for (const name of ['user-agent', 'traceparent', 'tracestate']) {
    const value = request.headers[name]
    if (typeof value === 'string') headers[name] = value
  }
  return headers
}

function label(reply: FastifyReply, { trace }: FastifyRequest): void {
  reply.header('x-gauntlet-attempts', trace.attempts)
  if (trace.upstream !== undefined) reply.header('x-gauntlet-upstream', trace.upstream)
}
