import { z } from 'zod'
import type { AttemptObserver } from './attempts.ts'
import type { Begun, Ended } from './requests.ts'

export const tracingConfig = z.strictObject({
  /** Where spans go as OTLP over HTTP; without a path, to `/v1/traces` there. */
  endpoint: z.url({ protocol: /^https?$/ }),
  serviceName: z.string().min(1).default('gateway'),
  /** Share of the traces begun here that are recorded; a caller's own decision is followed. */
  ratio: z.number().min(0).max(1).default(1),
  /** Spans that wait for the endpoint; more are dropped. */
  maxSpans: z.int().min(1).max(100_000).default(2_048),
})
export type TracingConfig = z.output<typeof tracingConfig>

/** Spans of requests and of their attempts at upstreams. */
export interface Tracing {
  readonly attempts: AttemptObserver
  /** Begins the span of a request, as a child of the caller's; the request's log lines have its `traceId` from here on. */
  begun(request: Begun): void
  ended(ended: Ended): void
  /** Sends what is left, within a second. */
  close(): Promise<void>
}
