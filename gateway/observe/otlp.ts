import { ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import { ATTR_SERVICE_NAME } from '@opentelemetry/semantic-conventions'
import type { FastifyBaseLogger } from 'fastify'
import type { TracingConfig } from './tracing.ts'

/** How long one delivery may take, its repetitions included. */
const sendMs = 5_000
/** Attribute values are names and numbers; a longer one is none of ours. */
const maxValueLength = 256

/**
 * Makes the way from a finished span to the endpoint. Requests only ever append to a bounded queue; a background timer empties
 * it, and what does not fit is dropped. Registers nothing globally: one process may run several gateways.
 */
export function createProvider({ endpoint, serviceName, ratio, maxSpans }: TracingConfig, log: FastifyBaseLogger): TracerProvider {
  const url = new URL(endpoint)
  if (url.pathname === '/') url.pathname = '/v1/traces'
  const exporter = reporting(new OTLPTraceExporter({ url: url.href, timeoutMillis: sendMs, concurrencyLimit: 2 }), log)
  return new TracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: serviceName }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: maxValueLength },
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: maxSpans, maxExportBatchSize: Math.min(512, maxSpans), exportTimeoutMillis: 2 * sendMs })],
  })
}

// Left to itself the SDK tells its troubles to a global logger that nobody has set. One line per change is enough.
function reporting(inner: SpanExporter, log: FastifyBaseLogger): SpanExporter {
  let up = true
  return {
    export(spans, done) {
      inner.export(spans, (result) => {
        const now = result.code === ExportResultCode.SUCCESS
        if (now !== up) log[now ? 'info' : 'warn'](now ? 'the tracing endpoint is up' : 'the tracing endpoint is down')
        up = now
        done(result)
      })
    },
    shutdown: async () => inner.shutdown(),
    forceFlush: async () => inner.forceFlush?.(),
  }
}
