import type { FastifyReply, FastifyRequest } from 'fastify'
import { Finish } from './finish.ts'
import { isHealthPath } from './health.ts'
import type { Trace } from './trace.ts'

/** Which of the gateway's routes a request came in by. */
export interface Entrance {
  /** As it was registered, undefined for none. */
  readonly url: string | undefined
  /** It needs no key. */
  readonly open: boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    route: Entrance
  }
}

/** What somebody asked for, when work on it begins: a request, or a job that was asked for earlier. */
export interface Begun extends Pick<FastifyRequest, 'id' | 'method' | 'headers' | 'trace'> {
  log: FastifyRequest['log']
  readonly route: Pick<Entrance, 'url'>
}

/** A request or a job that is over. */
export interface Ended {
  readonly request: Pick<Begun, 'id' | 'method' | 'log'>
  readonly trace: Trace
  /** The route's pattern, not the URL: people paste keys into query strings and paths. */
  readonly route: string
  /** 499 when the caller left before it was answered. */
  readonly status: number
  readonly durationMs: number
  /** Id of the error that it ended with. */
  readonly error: string | undefined
  /** Not one of a caller's: a probe, a scraper, a reader of the docs. */
  readonly open: boolean
}

export type Observer = (ended: Ended) => void

/** Has the observers look at a request once it is over; the time is taken when its connection is. */
export function observeRequest(request: FastifyRequest, reply: FastifyReply, observers: readonly Observer[]): void {
  const finish = new Finish()
  request.finish = finish
  const connection = finish.hold()
  let closedAt = 0
  // Fastify's own `onResponse` waits for `finish`, which a stream that was cut, and so the one worth reading about, never reaches.
  reply.raw.on('close', () => {
    closedAt = performance.now()
    connection[Symbol.dispose]()
  })
  finish.after(() => {
    const { trace } = request
    const ended: Ended = {
      request,
      trace,
      route: request.route.url ?? '(unknown)',
      status: reply.raw.headersSent ? reply.raw.statusCode : 499,
      durationMs: closedAt - trace.startedAt,
      error: trace.error ?? (isFinished(request, reply) ? undefined : 'GW_ERR_CALLER_GONE'),
      open: request.route.open,
    }
    for (const observe of observers) {
      try {
        observe(ended)
      } catch (error) {
        // Whoever looks on must not end the process.
        request.log.error({ stack: error instanceof Error ? error.stack : String(error) }, 'observer failed')
      }
    }
  })
}

// A serverless function injects its requests: they have no connection that could be lost, and never see one take the last byte.
function isFinished({ raw }: FastifyRequest, reply: FastifyReply): boolean {
  return reply.raw.writableFinished || ('isLightMyRequest' in raw && reply.raw.writableEnded)
}

/** The route of a request, read once: Fastify makes the whole list of its options anew whenever one is asked for. */
export function routeOf({ routeOptions: { config, url } }: FastifyRequest): Entrance {
  return { url, open: config.open === true || isHealthPath(url) }
}
