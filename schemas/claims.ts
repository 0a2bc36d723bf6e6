import { z } from 'zod'

const ms = z.number().int().nonnegative().describe('milliseconds')

/** The features a target may offer. A scenario names those it needs; one that is not claimed gives `not_supported`. */
export const FEATURES = [
  'chat', 'chat.stream', 'chat.stream.usage', 'embeddings', 'models', 'auth', 'retry', 'retry-after', 'breaker', 'fallback',
  'timeouts', 'cancellation', 'health', 'health.redis', 'drain', 'rate-limit', 'rate-limit.redis',
  'request-id', 'redaction', 'cache', 'input-limits', 'keep-alive', 'queue', 'models.case', 'models.no-stream',
] as const
export const Feature = z.enum(FEATURES)
export type Feature = z.infer<typeof Feature>

/**
 * What a target says of itself, with its numbers. Budgets of the checks are relative to these, so a target is judged by
 * its own promises; a claimed feature whose behaviour is absent fails.
 */
export const Claims = z.strictObject({
  features: z.array(Feature).default(['chat', 'chat.stream', 'models']),
  retry: z
    .strictObject({
      retries: z.number().int().nonnegative().describe('attempts after the first, per upstream'),
      maxDelayMs: ms.describe('longest pause of its own choosing between two attempts'),
      onTimeout: z.boolean().default(false).describe('whether an upstream that did not answer in time is asked again'),
      maxRetryAfterMs: ms.describe('longest Retry-After it waits for; above this it answers at once'),
    })
    .default({ retries: 0, maxDelayMs: 0, onTimeout: false, maxRetryAfterMs: 0 }),
  breaker: z
    .strictObject({
      failures: z.number().int().positive().describe('consecutive failed attempts that open it'),
      cooldownMs: ms,
      probes: z.number().int().positive().default(1).describe('requests let through while half-open'),
    })
    .default({ failures: 5, cooldownMs: 1000, probes: 1 }),
  timeouts: z
    .strictObject({ connectMs: ms, firstByteMs: ms, idleMs: ms, totalMs: ms })
    .default({ connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 600_000 }),
  cancellation: z.strictObject({ withinMs: ms }).default({ withinMs: 1000 }),
  drain: z.strictObject({ deadlineMs: ms }).default({ deadlineMs: 30_000 }),
  rateLimit: z
    .strictObject({
      burst: z.number().int().positive().describe('requests that the limited key may send at once; of a window, all of its requests'),
      perSecond: z.number().positive().describe('how many of them come back in a second; of a window, its requests by its seconds'),
      shared: z.boolean().default(false).describe('whether replicas count together'),
      counters: z.number().int().positive().default(1).describe('how many count, each for itself, where the count is not shared'),
      whenLost: z.enum(['open', 'closed', 'local']).default('open').describe('without the store of the count: everybody is let in, nobody is, or each replica counts for itself'),
      lostWithinMs: ms.default(1000).describe('longest that the loss of the store holds up a request'),
      backWithinMs: ms.default(2000).describe('how soon the store counts again once it is back'),
    })
    .default({ burst: 60, perSecond: 1, shared: false, counters: 1, whenLost: 'open', lostWithinMs: 1000, backWithinMs: 2000 }),
  cache: z.strictObject({ shared: z.boolean().describe('whether replicas keep answers for each other') }).default({ shared: false }),
  input: z.strictObject({ messageChars: z.number().int().positive().describe('longest message that is taken, in characters') }).default({ messageChars: 10_000 }),
  keepAlive: z.strictObject({ everyMs: ms.describe('longest silence in a begun stream') }).default({ everyMs: 15_000 }),
  queue: z
    .strictObject({
      concurrency: z.number().int().positive().describe('upstream calls at a time'),
      waiting: z.number().int().nonnegative().describe('requests that may wait for one; more are turned away'),
    })
    .default({ concurrency: 4, waiting: 50 }),
  health: z.strictObject({ live: z.string(), ready: z.string() }).default({ live: '/health/live', ready: '/health/ready' }),
})
export type Claims = z.infer<typeof Claims>
