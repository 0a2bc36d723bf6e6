import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BreakerState } from '../call/breaker.ts'
import type { Config } from '../config.ts'
import type { Policies } from '../policies.ts'
import type { RedisStore } from '../stores/redis.ts'
import { createWatch } from './attempts.ts'
import type { AttemptObserver, WatchAttempt } from './attempts.ts'
import { logJob } from './log.ts'
import type { Metrics } from './metrics.ts'
import { observeRequest } from './requests.ts'
import type { Begun, Ended, Observer } from './requests.ts'
import type { Tracing } from './tracing.ts'

/** What gauges show at a scrape. */
export interface Sources {
  readonly upstreams: ReadonlyMap<string, { readonly breaker: { readonly state: BreakerState } }>
  readonly policies: Policies
  readonly redis: RedisStore | undefined
}

/** Everything that looks on: the log, and the metrics and spans where they are configured. */
export interface Telemetry {
  /** To be called for each request, before anything else may fail. */
  begin(request: FastifyRequest, reply: FastifyReply): void
  /** To be called when a worker takes a job up; the result, when the worker is through with it. */
  beginJob(job: Begun): (ended: Pick<Ended, 'route' | 'status' | 'error'>) => void
  /** Undefined where nobody wants to know. */
  readonly watch: WatchAttempt | undefined
  /** Takes note of a change of a circuit. */
  transition(upstream: string, from: BreakerState, to: BreakerState): void
  /** Where the numbers are that somebody else keeps; to be called before the gateway is ready. */
  show(sources: Sources): void
}

const breakerStates: Readonly<Record<BreakerState, number>> = { closed: 0, 'half-open': 1, open: 2 }

/** Makes what looks on. prom-client and OpenTelemetry are loaded on the way to readiness, and only where they are configured. */
export function createTelemetry(app: FastifyInstance, config: Config, logRequest: Observer): Telemetry {
  let metrics: Metrics | undefined
  let tracing: Tracing | undefined
  let sources: Sources | undefined
  const attemptObservers: AttemptObserver[] = []
  const observers: Observer[] = [logRequest]

  if (config.metrics !== false) {
    const settings = config.metrics
    app.addHook('onReady', async () => {
      metrics = (await import('./prometheus.ts')).createMetrics(config, settings)
      attemptObservers.push(metrics.attempts)
      if (sources !== undefined) addGauges(metrics, sources)
    })
    app.get(settings.path, { config: { open: true } }, async (_request, reply) => reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics?.expose()))
  }
  if (config.tracing !== false) {
    const settings = config.tracing
    app.addHook('onReady', async () => {
      tracing = (await import('./spans.ts')).createTracing(config, settings, app.log)
      attemptObservers.push(tracing.attempts)
    })
    app.addHook('onClose', async () => tracing?.close())
  }
  if (config.metrics !== false || config.tracing !== false) {
    observers.push((ended) => ended.open || metrics?.ended(ended), (ended) => ended.open || tracing?.ended(ended))
  }

  return {
    begin(request, reply) {
      if (!request.route.open) {
        metrics?.begun()
        tracing?.begun(request)
        reply.log = request.log
      }
      observeRequest(request, reply, observers)
    },
    beginJob(job) {
      tracing?.begun(job)
      return (end) => {
        const ended = { ...end, request: job, trace: job.trace, durationMs: performance.now() - job.trace.startedAt, open: false }
        logJob(ended)
        metrics?.jobEnded(ended)
        tracing?.ended(ended)
      }
    },
    watch: config.metrics === false && config.tracing === false ? undefined : createWatch(attemptObservers),
    transition(upstream, from, to) {
      app.log.warn({ upstream, from, to }, 'breaker')
      metrics?.transition(upstream, from, to)
    },
    show: (given) => {
      sources = given
    },
  }
}

function addGauges(metrics: Metrics, { upstreams, policies: { queue }, redis }: Sources): void {
  metrics.gauge('gateway_breaker_state', 'Circuit of each upstream: 0 closed, 1 half-open, 2 open', () => [...upstreams].map(([name, { breaker }]) => [name, breakerStates[breaker.state]]), 'upstream')
  if (queue !== undefined) {
    metrics.gauge('gateway_queue_waiting', 'Requests that wait for a slot', () => queue.waiting)
    metrics.gauge('gateway_queue_running', 'Slots that are taken', () => queue.running)
  }
  if (redis !== undefined) metrics.gauge('gateway_redis_up', '1 while Redis is connected', () => (redis.client.status === 'ready' ? 1 : 0))
}
