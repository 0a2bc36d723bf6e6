import { z } from 'zod'

const ms = z.number().int().nonnegative().describe('milliseconds')

/** The features a target may offer. A scenario names those it needs; one that is not claimed gives `not_supported`. */
export const FEATURES = [
  'chat', 'chat.stream', 'chat.stream.usage', 'embeddings', 'models', 'auth', 'retry', 'retry-after', 'breaker', 'fallback',
  'timeouts', 'cancellation', 'health', 'health.redis', 'drain',
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
  health: z.strictObject({ live: z.string(), ready: z.string() }).default({ live: '/health/live', ready: '/health/ready' }),
})
export type Claims = z.infer<typeof Claims>
