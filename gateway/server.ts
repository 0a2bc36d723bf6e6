import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { fastify, LogController } from 'fastify'
import type { FastifyInstance, FastifyReply, HTTPMethods } from 'fastify'
import { createAuthenticate } from './auth.ts'
import { completionRoutes } from './chat.ts'
import { parseConfig } from './config.ts'
import type { ConfigInput } from './config.ts'
import { Drain } from './drain.ts'
import { answerErrors, malformedHttp } from './error-handler.ts'
import { GatewayError } from './errors.ts'
import { healthRoutes, isHealthPath } from './health.ts'
import { parseJsonBody } from './json-body.ts'
import { logRequest } from './log.ts'
import { modelRoutes } from './models.ts'
import { connectRedis } from './redis.ts'
import { createRoute } from './route.ts'
import { createScrub } from './scrub.ts'
import { createUpstreams } from './upstream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets readiness fall, finishes what is in flight within the deadline and closes; resolves with how many were cut. */
    drain(): Promise<number>
  }
}

/** How long connections may take to close by themselves once nothing is in flight. */
const closeMs = 500

/** Makes a gateway from a config (checked here), ready to `listen()`. */
export function createGateway(input: ConfigInput): FastifyInstance {
  const config = parseConfig(input)
  const scrub = createScrub(config.upstreams)
  const drain = new Drain()
  const authenticate = createAuthenticate(config.keys)
  const app: FastifyInstance = fastify({
    logger: { level: config.log.level, base: { pid: process.pid } },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestId,
    bodyLimit: config.limits.bodyBytes,
    requestTimeout: config.timeouts.requestMs,
    // Node looks for slow senders only every 30 s by default, which doubles the limit.
    http: { headersTimeout: config.timeouts.requestMs, requestTimeout: config.timeouts.requestMs, connectionsCheckingInterval: Math.min(5_000, config.timeouts.requestMs), requireHostHeader: false },
    return503OnClosing: false,
    clientErrorHandler: malformedHttp,
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      void reply.header('x-request-id', request.id).code(400).send(new GatewayError('GW_ERR_MALFORMED_HTTP').envelope())
    },
  })
  const upstreams = createUpstreams(config, (upstream, from, to) => app.log.warn({ upstream, from, to }, 'breaker'))
  const redis = config.redis === undefined ? undefined : { probe: connectRedis(config.redis.url, app.log), required: config.redis.required }

  app.decorateRequest('trace')
  app.addHook('onRequest', async (request, reply) => {
    request.trace = { attempts: 0, stream: false, failures: [] }
    reply.header('x-request-id', request.id)
    logRequest(request, reply)
    if (drain.draining) reply.header('connection', 'close')
    // Node would answer this itself, without an envelope.
    if (request.raw.httpVersion === '1.1' && request.raw.headers.host === undefined) throw new GatewayError('GW_ERR_MALFORMED_HTTP')
    if (isHealthPath(request.routeOptions.url)) return
    if (drain.refusing) throw new GatewayError('GW_ERR_DRAINING')
    drain.track(reply.raw)
    // Before the body is read, and for unknown routes as well: without a key there is nothing to find out here.
    if (authenticate(request.raw) === undefined) throw new GatewayError('GW_ERR_INVALID_KEY', { headers: { 'www-authenticate': 'Bearer' } })
    if (request.is404) throw unknownUrl(request.method)
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: { headers: IncomingMessage['headers'] }, body: Buffer) => {
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') throw new GatewayError('GW_ERR_MEDIA_TYPE')
    return parseJsonBody(body)
  })
  answerErrors(app, scrub)

  completionRoutes(app, { config, route: createRoute({ upstreams, config, scrub }), cut: drain.cut })
  modelRoutes(app, config.models)
  healthRoutes(app, { drain, redis })
  for (const [url, allow] of Object.entries({ '/v1/chat/completions': 'POST', '/v1/embeddings': 'POST', '/v1/models': 'GET, HEAD', '/v1/models/*': 'GET, HEAD' })) refuseOtherMethods(app, url, allow)

  // Closing without a drain must not let new work in either.
  app.addHook('preClose', async () => drain.refuse())
  app.decorate('drain', async () => {
    const cut = await drain.run(config.drain)
    // A connection that never sent a request, or whose peer stopped reading, is not idle for Node and would hold the close.
    const insist = setTimeout(() => app.server.closeAllConnections(), cut > 0 ? 0 : closeMs)
    await app.close()
    clearTimeout(insist)
    return cut
  })
  app.addHook('onClose', async () => {
    redis?.probe.close()
    await Promise.all([...upstreams.values()].map(async ({ pool }) => pool.destroy()))
  })
  return app
}

function requestId(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : `req_${randomUUID().replaceAll('-', '')}`
}

function unknownUrl(method: string): GatewayError {
  return new GatewayError('GW_ERR_UNKNOWN_URL', { message: `Unknown request URL (${method}). Check the URL for typos.` })
}

// Fastify answers 404 for a known URL with another method, which sends people looking for a typo in the URL.
function refuseOtherMethods(app: FastifyInstance, url: string, allow: string): void {
  const method: HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((name) => !allow.includes(name))
  const refuse = async (): Promise<never> => {
    throw new GatewayError('GW_ERR_METHOD', { headers: { allow } })
  }
  app.route({ method, url, onRequest: refuse, handler: refuse })
}
