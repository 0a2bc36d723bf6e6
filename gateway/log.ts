import type { FastifyReply, FastifyRequest } from 'fastify'
import { isHealthPath } from './health.ts'

/**
 * Writes the one line of a request when its connection is done with it. Hooked to `close` because Fastify's own
 * `onResponse` waits for `finish`, which a stream that was cut, and so the one worth reading about, never reaches.
 */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  const started = performance.now()
  reply.raw.once('close', () => {
    const { trace, method, routeOptions } = request
    const whole = reply.raw.writableFinished
    const line = {
      method,
      // The route, not the URL: people paste keys into query strings and paths.
      path: routeOptions.url ?? '(unknown)',
      status: reply.raw.headersSent ? reply.raw.statusCode : 499,
      durationMs: Math.round(performance.now() - started),
      model: trace.model,
      upstream: trace.upstream,
      attempts: trace.attempts,
      stream: trace.stream,
      failures: trace.failures.length === 0 ? undefined : trace.failures,
      error: trace.error ?? (whole ? undefined : 'GW_ERR_CALLER_GONE'),
    }
    if (isHealthPath(routeOptions.url)) request.log.debug(line, 'request')
    else request.log.info(line, 'request')
  })
}
