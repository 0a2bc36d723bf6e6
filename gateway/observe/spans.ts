import { defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace as api } from '@opentelemetry/api'
import type { Attributes, Context, Span } from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { ATTR_ERROR_TYPE, ATTR_HTTP_REQUEST_METHOD, ATTR_HTTP_REQUEST_RESEND_COUNT, ATTR_HTTP_RESPONSE_STATUS_CODE, ATTR_HTTP_ROUTE } from '@opentelemetry/semantic-conventions'
import type { FastifyBaseLogger } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '../call/attempt.ts'
import type { Config } from '../config.ts'
import { operationOf, providerOf } from './conventions.ts'
import { createProvider } from './otlp.ts'
import type { Trace, Unrecorded } from './trace.ts'
import type { Tracing, TracingConfig } from './tracing.ts'

/** How long a shutdown waits for an endpoint that does not answer. */
const closeMs = 1_000

/** The span of one request, and of the attempt that answered it. */
interface Open {
  readonly span: Span
  readonly context: Context
  readonly clock: Clock
  answered?: { readonly span: Span; readonly endedAt: number }
}

type Clock = () => number

/**
 * The time of one request's spans, in milliseconds since 1970: the wall clock's as it began, and what has passed since.
 * Left to itself each span reads a clock of whole milliseconds, and an attempt may end after its request.
 */
function startClock(): Clock {
  const offset = Date.now() - performance.now()
  return () => offset + performance.now()
}

/** Makes the spans of one gateway. Contexts are passed by hand: an ambient one costs every request, and would be another gateway's in the same process. */
export function createTracing(config: Pick<Config, 'upstreams'>, tracing: TracingConfig, log: FastifyBaseLogger): Tracing {
  const provider = createProvider(tracing, log)
  const tracer = provider.getTracer('gateway')
  const propagator = new W3CTraceContextPropagator()
  // What local engines are given for a key (`ollama`) is part of names.
  const keys = Object.values(config.upstreams).flatMap(({ apiKey }) => apiKey ?? []).filter((key) => key.length > 7)
  const open = new WeakMap<Trace, Open>()

  return {
    begun(request) {
      const parent = request.headers['traceparent'] === undefined ? ROOT_CONTEXT : propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter)
      const route = request.route.url
      const clock = startClock()
      const span = tracer.startSpan(route === undefined ? request.method : `${request.method} ${route}`, { kind: SpanKind.SERVER, startTime: clock() }, parent)
      const { traceId, spanId, traceState } = span.spanContext()
      request.trace.traceId = traceId
      request.log = request.log.child({ traceId })
      // Most are not recorded where only a share is: they cost no more than the header that says so.
      if (!span.isRecording()) {
        request.trace.unrecorded = { traceparent: `00-${traceId}-${spanId}-00`, tracestate: traceState?.serialize() }
        return
      }
      span.setAttributes({ [ATTR_HTTP_REQUEST_METHOD]: request.method, 'gateway.request.id': request.id, ...(route === undefined ? {} : { [ATTR_HTTP_ROUTE]: route }) })
      open.set(request.trace, { span, context: api.setSpan(parent, span), clock })
    },
    ended({ trace, route, status, error }) {
      const one = open.get(trace)
      if (one === undefined) return
      open.delete(trace)
      const outcome = answerAttributes(trace, keys)
      one.answered?.span.setAttributes(outcome).end(one.answered.endedAt)
      one.span.setAttributes({ ...outcome, ...requestAttributes(trace, route), [ATTR_HTTP_RESPONSE_STATUS_CODE]: status })
      if (error !== undefined) one.span.setAttribute(ATTR_ERROR_TYPE, error)
      if (error !== undefined && (status >= 500 || status === 200)) one.span.setStatus({ code: SpanStatusCode.ERROR })
      one.span.end(one.clock())
    },
    attempts: {
      begin({ upstream, model, call, trace }) {
        const asking = trace.payer ?? trace
        if (asking.unrecorded !== undefined) return { headers: passedOn(call.headers, asking.unrecorded), end: nothing }
        const one = open.get(asking)
        const parent = one?.context ?? ROOT_CONTEXT
        const clock = one?.clock ?? startClock()
        const operation = operationOf(call.path)
        const span = tracer.startSpan(`${operation} ${model}`, { kind: SpanKind.CLIENT, startTime: clock(), attributes: {
          'gen_ai.operation.name': operation,
          'gen_ai.provider.name': providerOf(config.upstreams[upstream]?.engine),
          'gen_ai.request.model': model,
          'gen_ai.request.stream': call.stream,
          'gateway.upstream': upstream,
          ...(trace.attempts > 1 ? { [ATTR_HTTP_REQUEST_RESEND_COUNT]: trace.attempts - 1 } : {}),
        } }, parent)
        const headers = { ...call.headers, traceparent: undefined, tracestate: undefined }
        propagator.inject(api.setSpan(parent, span), headers, defaultTextMapSetter)
        return {
          headers,
          end({ outcome, status, error }) {
            if (outcome !== 'ok') {
              span.setAttribute(ATTR_ERROR_TYPE, outcome === 'status' ? String(status) : outcome)
              if (status !== undefined) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status)
              if (error !== undefined) span.setAttribute('gateway.error', error)
              span.setStatus({ code: SpanStatusCode.ERROR })
            }
            // What it came to (tokens, the upstream's name of the model) is known when the request is over.
            const asked = open.get(trace.payer ?? trace)
            if (outcome === 'ok' && asked !== undefined) asked.answered = { span, endedAt: clock() }
            else span.end(clock())
          },
        }
      },
    },
    async close() {
      const timer = new AbortController()
      const late = sleep(closeMs, undefined, { signal: timer.signal, ref: false })
      late.catch(() => {})
      await Promise.race([provider.shutdown().catch(() => {}), late])
      timer.abort()
    },
  }
}

function passedOn(headers: Call['headers'], { traceparent, tracestate }: Unrecorded): Call['headers'] {
  return { 'x-request-id': headers['x-request-id'], 'user-agent': headers['user-agent'], traceparent, tracestate }
}

function nothing(): void {}

function answerAttributes({ usage, responseModel, stream, firstByteMs }: Trace, keys: readonly string[]): Attributes {
  return {
    // The upstream's own word, and its key may look like a name.
    ...(responseModel === undefined || keys.some((key) => responseModel.includes(key)) ? {} : { 'gen_ai.response.model': responseModel }),
    ...(usage === undefined ? {} : { 'gen_ai.usage.input_tokens': usage.prompt, 'gen_ai.usage.output_tokens': usage.completion }),
    ...(stream && firstByteMs !== undefined ? { 'gen_ai.response.time_to_first_chunk': firstByteMs / 1_000 } : {}),
  }
}

function requestAttributes({ model, caller, attempts, cache, degraded, queuedMs, cost, stream }: Trace, route: string): Attributes {
  const own: Attributes = { 'gateway.attempts': attempts }
  if (caller !== undefined) own['gateway.caller'] = caller
  if (cache !== undefined) own['gateway.cache'] = cache
  if (degraded.length > 0) own['gateway.degraded'] = [...degraded]
  if (queuedMs !== undefined) own['gateway.queued'] = queuedMs / 1_000
  if (cost !== undefined) own['gateway.cost'] = cost
  return model === undefined ? own : { ...own, 'gen_ai.operation.name': operationOf(route), 'gen_ai.request.model': model, 'gen_ai.request.stream': stream }
}
