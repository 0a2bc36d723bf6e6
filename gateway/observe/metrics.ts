import { z } from 'zod'
import type { BreakerState } from '../call/breaker.ts'
import type { AttemptObserver } from './attempts.ts'
import type { Ended } from './requests.ts'

export const metricsConfig = z.strictObject({
  /** Answered without a key, so that a scraper needs none; a proxy in front keeps it from the outside. */
  path: z.string().regex(/^\/[A-Za-z0-9._/-]+$/, 'expected a path such as "/metrics"').default('/metrics'),
  /** Tokens and cost of each key as well: one more series per key. */
  perKey: z.boolean().default(false),
})
export type MetricsConfig = z.output<typeof metricsConfig>

/** Counts what the gateway does. Every label has few values that are known beforehand; nothing a caller or an upstream wrote is one. */
export interface Metrics {
  readonly attempts: AttemptObserver
  begun(): void
  ended(ended: Ended): void
  /** A job that a worker has brought to its end. */
  jobEnded(ended: Ended): void
  transition(upstream: string, from: BreakerState, to: BreakerState): void
  /** A number that somebody else keeps; `collect` is asked at each scrape. With `label`, one number for each of its values. */
  gauge(name: string, help: string, collect: () => number): void
  gauge(name: string, help: string, collect: () => Iterable<readonly [value: string, number: number]>, label: string): void
  /** Everything in the text format of Prometheus. */
  expose(): Promise<string>
}
