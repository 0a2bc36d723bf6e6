import { METHODS } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { fastify, LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify'
import { pino } from 'pino'
import { adminMethods, adminRoutes, isAdminPath } from './authenticate/admin.ts'
import { createAuthenticate } from './authenticate/auth.ts'
import { createMemoryKeyStore } from './authenticate/key-store.ts'
import { Keyring } from './authenticate/keyring.ts'
import { createRedisKeyStore } from './authenticate/redis-key-store.ts'
import { createJobs } from './jobs/jobs.ts'
import { jobMethods } from './jobs/routes.ts'
import { completionRoutes, createPipeline } from './pipeline.ts'
import { createPolicies } from './create-policies.ts'
import { parseConfig } from './config.ts'
import type { ConfigInput } from './config.ts'
import { Drain } from './admit/drain.ts'
import { limitRate } from './admit/rate-limit-hook.ts'
import { createErrorDialect } from './reply/error-dialect.ts'
import { answerErrors, malformedHttp, sendError } from './reply/error-handler.ts'
import { Head } from './reply/head.ts'
import { asGatewayError, GatewayError } from './errors.ts'
import { healthMethods, healthRoutes } from './observe/health.ts'
import { parseJsonBody } from './validate/json-body.ts'
import { docsMethods, docsRoutes } from './observe/openapi/routes.ts'
import { createLogRequest, LazyLog } from './observe/log.ts'
import type { Lines } from './observe/log.ts'
import { routeOf } from './observe/requests.ts'
import { createSampler } from './observe/sample.ts'
import { createTelemetry } from './observe/telemetry.ts'
import { Trace } from './observe/trace.ts'
import { Auto } from './route/auto.ts'
import { createChoose } from './route/choose.ts'
import { Latency } from './route/latency.ts'
import { modelRoutes } from './route/models.ts'
import { Registry } from './route/registry.ts'
import { connectRedis } from './stores/redis.ts'
import { newRequestId } from './request-id.ts'
import { createRoute } from './route/route.ts'
import { createScrub } from './check/scrub.ts'
import { createUpstreams } from './call/upstream.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Lets readiness fall, finishes what is in flight within the deadline and closes; resolves with how many were cut. */
    drain(): Promise<number>
  }
}

/** How long connections may take to close by themselves once nothing is in flight. */
const closeMs = 500

export interface GatewayOptions {
  /** Gets each line of the log, which otherwise goes to stdout. */
  readonly logTo?: Lines
}

/** Makes a gateway from a config (checked here), ready to `listen()`. */
export function createGateway(input: ConfigInput, { logTo }: GatewayOptions = {}): FastifyInstance {
  const config = parseConfig(input)
  const scrub = createScrub(config.upstreams)
  const dialect = createErrorDialect(config)
  const drain = new Drain()
  const ring = new Keyring(config.keys)
  const authenticate = createAuthenticate(ring, config.admin)
  const logOptions = { level: config.log.level, base: { pid: process.pid } }
  const logger = logTo === undefined ? pino(logOptions) : pino(logOptions, logTo)
  const log: FastifyBaseLogger = new LazyLog(logger)
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestId,
    bodyLimit: config.limits.bodyBytes,
    requestTimeout: config.timeouts.requestMs,
    // Node looks for slow senders only every 30 s by default, which doubles the limit.
    http: { headersTimeout: config.timeouts.requestMs, requestTimeout: config.timeouts.requestMs, connectionsCheckingInterval: Math.min(5_000, config.timeouts.requestMs), requireHostHeader: false },
    return503OnClosing: false,
    clientErrorHandler: malformedHttp(dialect),
    frameworkErrors: (_error, request, reply: FastifyReply) => {
      void sendError(reply.header('x-request-id', request.id), new GatewayError('GW_ERR_MALFORMED_HTTP'), dialect)
    },
  })
  if (config.docs) docsRoutes(app, config, dialect)
  const telemetry = createTelemetry(app, config, createLogRequest(log, logOptions, linesOf(logger)))
  const upstreams = createUpstreams(config, (...change) => telemetry.transition(...change))
  const redis = config.redis === undefined ? undefined : connectRedis(config.redis, app.log)
  const registry = new Registry(config.models)
  const latency = config.auto === false ? undefined : new Latency(config.auto.forgetMs)
  const auto = config.auto === false || latency === undefined ? undefined : new Auto(config.auto, registry, latency)
  const route = createRoute({ upstreams, config, scrub, log: app.log, latency, watch: telemetry.watch })
  const policies = createPolicies({ config, redis, registry, upstreams, route, log: app.log })
  const sampler = config.log.sample === false ? undefined : createSampler(config.log.sample)
  telemetry.show({ upstreams, policies, redis })

  app.decorateRequest('trace')
  app.decorateRequest('head')
  app.decorateRequest('route')
  app.decorateRequest('finish')
  app.decorateRequest('caller')
  // With a callback: nearly every request goes through without having to wait.
  app.addHook('onRequest', (request, reply, done) => {
    request.trace = new Trace()
    request.head = new Head()
    request.head.header('x-request-id', request.id)
    request.route = routeOf(request)
    telemetry.begin(request, reply)
    if (drain.draining) request.head.header('connection', 'close')
    // Node would answer this itself, without an envelope.
    if (request.raw.httpVersion === '1.1' && request.raw.headers.host === undefined) throw new GatewayError('GW_ERR_MALFORMED_HTTP')
    if (request.route.open) return done()
    if (drain.refusing) throw new GatewayError('GW_ERR_DRAINING')
    const work = drain.hold()
    request.finish.after(() => work[Symbol.dispose]())
    // Before the body is read, and for unknown routes as well: without a key there is nothing to find out here.
    const caller = authenticate(request.raw, isAdminPath(request.route.url))
    request.caller = caller
    request.trace.caller = caller.id
    if (request.is404) throw unknownUrl(request.method)
    const limited = policies.rateLimits === undefined ? undefined : limitRate(policies.rateLimits, request)
    if (limited === undefined) done()
    else void goOn(limited, done)
  })

  // None where a request was refused before it had an id of its own.
  app.addHook('onSend', (request, reply, _payload, done) => {
    ;(request.head as Head | undefined)?.copyTo(reply)
    done()
  })

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') throw new GatewayError('GW_ERR_MEDIA_TYPE')
      done(null, parseJsonBody(body))
    } catch (error) {
      done(asGatewayError(error))
    }
  })
  answerErrors(app, scrub, dialect)

  const pipeline = createPipeline({ config, choose: createChoose(registry, auto), route, policies, sampler, cut: drain.cut })
  completionRoutes(app, pipeline)
  if (config.jobs !== false && redis !== undefined) createJobs(app, { config, jobs: config.jobs, redis, pipeline, telemetry, drain, scrub })
  modelRoutes(app, registry, auto)
  healthRoutes(app, { drain, redis, ring })
  for (const [url, allow] of Object.entries({ '/v1/chat/completions': 'POST', '/v1/embeddings': 'POST', '/v1/models': 'GET, HEAD', '/v1/models/*': 'GET, HEAD', ...healthMethods, ...(config.metrics === false ? {} : { [config.metrics.path]: 'GET, HEAD' }), ...(config.docs ? docsMethods : {}) })) refuseOtherMethods(app, url, allow)

  if (config.jobs !== false) for (const [url, allow] of Object.entries(jobMethods)) refuseOtherMethods(app, url, allow)
  if (config.admin !== false) {
    const store = redis === undefined ? createMemoryKeyStore(ring) : createRedisKeyStore({ redis, ring, log: app.log, config: config.admin })
    adminRoutes(app, { config: config.admin, ring, store })
    for (const [url, allow] of Object.entries(adminMethods)) refuseOtherMethods(app, url, allow)
    app.addHook('onReady', async () => store.ready())
    app.addHook('onClose', async () => store.close())
  }

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
    redis?.close()
    await Promise.all([...upstreams.values()].map(async ({ pool }) => pool.destroy()))
  })
  return app
}

/** Where a logger writes to, which without a word from us pino decides by itself. */
function linesOf(logger: object): Lines {
  return (logger as { readonly [pino.symbols.streamSym]: Lines })[pino.symbols.streamSym]
}

async function goOn(waited: Promise<void>, done: (error?: Error) => void): Promise<void> {
  try {
    await waited
  } catch (error) {
    return done(asGatewayError(error))
  }
  done()
}

function requestId({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id']
  const usable = typeof given === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(given)
  // An id is logged and sent back: a key that somebody put there by mistake must not be.
  const isKey = usable && [headers.authorization, headers['x-api-key']].some((sent) => String(sent).split(/[\s,]+/).includes(given))
  return usable && !isKey ? given : newRequestId()
}

function unknownUrl(method: string): GatewayError {
  return new GatewayError('GW_ERR_UNKNOWN_URL', { message: `Unknown request URL (${method}). Check the URL for typos.` })
}

// Fastify answers 404 for a known URL with another method, which sends people looking for a typo in the URL.
function refuseOtherMethods(app: FastifyInstance, url: string, allow: string): void {
  const method = METHODS.filter((name) => name !== 'CONNECT' && !allow.split(', ').includes(name))
  for (const name of method) if (!app.supportedMethods.includes(name)) app.addHttpMethod(name)
  const refuse = async (): Promise<never> => {
    throw new GatewayError('GW_ERR_METHOD', { headers: { allow } })
  }
  app.route({ method, url, config: { refusal: true }, onRequest: refuse, handler: refuse })
}
