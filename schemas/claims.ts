import { z } from 'zod'

const ms = z.number().int().nonnegative().describe('milliseconds')
const statuses = z.array(z.number().int().min(300).max(599)).min(1)

/** The features a target may offer. A scenario names those it needs; one that is not claimed gives `not_supported`. */
export const FEATURES = [
  'chat', 'chat.stream', 'chat.stream.usage', 'embeddings', 'models', 'auth', 'validation', 'retry', 'retry-after', 'breaker', 'breaker.half-open', 'fallback',
  'timeouts', 'cancellation', 'health', 'health.redis', 'drain', 'rate-limit', 'rate-limit.redis',
  'request-id', 'redaction', 'cache', 'input-limits', 'keep-alive', 'queue', 'models.case', 'models.no-stream',
] as const
const OwnFeature = z.templateLiteral(['x-', z.string().min(1)])
/** A feature of this suite, or one of a user's own scenarios, whose name begins with `x-`. */
export const Feature = z.union([z.enum(FEATURES), OwnFeature])
export type Feature = z.infer<typeof Feature>

/**
 * Which statuses stand for which failure of an upstream, besides OpenAI's error object. The defaults are what OpenAI's own
 * SDKs take for an error of a server, and retry.
 */
const Statuses = z.strictObject({
  unreachable: statuses.default([500, 502, 503, 504]).describe('the connection is refused, reset, or closed before an answer'),
  silent: statuses.default([500, 502, 503, 504]).describe('no answer in time'),
  invalid: statuses.default([500, 502, 503, 504]).describe('an answer that is none: an HTML page, broken JSON'),
  failing: statuses.default([500, 502, 503]).describe('the upstream answers 500'),
  unavailable: statuses.default([500, 502, 503]).describe('the upstream answers 503'),
  broken: statuses.default([500, 502, 503, 504]).describe('a stream that breaks before its first word was passed on'),
  keyRefused: statuses.default([500, 502, 503]).describe('the upstream refuses the key of the gateway'),
  shed: statuses.default([503, 429]).describe('the breaker is open'),
  full: statuses.default([503, 429]).describe('the queue has no place left'),
  draining: statuses.default([503, 429, 502, 500]).describe('it is shutting down'),
})
export type StatusRow = keyof z.infer<typeof Statuses>

/**
 * What a target says of itself, with its numbers. Budgets of the checks are relative to these, so a target is judged by
 * its own promises; a claimed feature whose behaviour is absent fails. A number without a default is judged only where it
 * is given; otherwise what was observed is printed and nothing else.
 */
export const Claims = z.strictObject({
  features: z.array(Feature).default(['chat', 'chat.stream', 'models']),
  retry: z
    .strictObject({
      retries: z.number().int().nonnegative().describe('attempts after the first, per upstream'),
      maxDelayMs: ms.describe('longest pause of its own choosing between two attempts'),
      onTimeout: z.boolean().default(false).describe('whether an upstream that did not answer in time is asked again'),
      maxRetryAfterMs: ms.describe('longest Retry-After it waits for; above this it answers at once'),
      statuses: z.array(z.number().int()).default([429, 500, 502, 503, 504]).describe('statuses of the upstream after which it asks again'),
      jitter: z.number().min(0).max(1).default(0.2).describe('share of the median pause by which pauses differ at least'),
      atEnd: z.boolean().default(false).describe('whether it pauses after the last attempt too'),
    })
    .prefault({ retries: 0, maxDelayMs: 0, maxRetryAfterMs: 0 }),
  breaker: z
    .strictObject({
      kind: z.enum(['consecutive', 'ratio']).default('consecutive').describe('what opens it: failures in a row, or their share in a window'),
      failures: z.number().int().positive().describe('consecutive: so many failures in a row; ratio: so many calls at least before it judges their share'),
      counts: z.enum(['attempts', 'requests']).default('attempts').describe('whether each call to the upstream is a failure, or each request whose retries are used up'),
      stopsRetries: z.boolean().default(true).describe('whether it stops the retries of a request that is under way when it opens'),
      share: z.number().min(0).max(1).default(0.5).describe('ratio: share of failed calls'),
      windowMs: ms.default(10_000).describe('ratio: how long a call counts'),
      cooldownMs: ms.describe('how long it stays open the first time'),
      maxCooldownMs: ms.optional().describe('how long it stays open at most, where the time grows; the same as `cooldownMs` unless given'),
      probes: z.number().int().positive().default(1).describe('requests let through while half-open, where `breaker.half-open` is claimed'),
      shedWithinMs: ms.optional().describe('how soon an open breaker answers'),
    })
    .prefault({ failures: 5, cooldownMs: 1000 }),
  statuses: Statuses.prefault({}),
  timeouts: z
    .strictObject({ connectMs: ms, firstByteMs: ms, idleMs: ms, totalMs: ms })
    .default({ connectMs: 10_000, firstByteMs: 60_000, idleMs: 60_000, totalMs: 600_000 }),
  stream: z
    .strictObject({
      holdMs: ms.default(250).describe('longest that words are held back before they are passed on'),
      continuation: z.enum(['none', 'restart', 'prefill']).default('none').describe('what becomes of a stream that breaks after its first words: the caller sees that it broke; the answer is asked for again from its start; or from where it broke'),
    })
    .prefault({}),
  request: z
    .strictObject({
      renames: z.record(z.string(), z.string()).default({}).describe('parameters that reach the upstream under another name, such as max_tokens: max_completion_tokens'),
      contentParts: z.boolean().default(false).describe('whether a text reaches the upstream as a list of parts'),
      ids: z.enum(['kept', 'own']).default('kept').describe('whether the X-Request-ID of an answer is the caller\'s own, or always made'),
      bodyBytes: z.number().int().positive().optional().describe('largest body that is taken'),
    })
    .prefault({}),
  recovery: z.strictObject({ withinMs: ms.default(2500).describe('how soon it serves again once a fault is over, on top of the time for which a breaker stays open') }).prefault({}),
  cancellation: z.strictObject({ withinMs: ms }).default({ withinMs: 1000 }),
  drain: z.strictObject({ deadlineMs: ms }).default({ deadlineMs: 30_000 }),
  rateLimit: z
    .strictObject({
      burst: z.number().int().positive().describe('requests that the limited key may send at once; of a window, all of its requests'),
      perSecond: z.number().positive().describe('how many of them come back in a second; of a window, its requests by its seconds'),
      window: z.enum(['sliding', 'fixed']).default('sliding').describe('fixed: all come back at once at the end of a window, so that two bursts may meet there'),
      shared: z.boolean().default(false).describe('whether replicas count together'),
      counters: z.number().int().positive().default(1).describe('how many count, each for itself, where the count is not shared'),
      whenLost: z.enum(['open', 'closed', 'local']).default('open').describe('without the store of the count: everybody is let in, nobody is, or each replica counts for itself'),
      lostWithinMs: ms.default(1000).describe('longest that the loss of the store holds up a request'),
      backWithinMs: ms.default(2000).describe('how soon the store counts again once it is back'),
    })
    .prefault({ burst: 60, perSecond: 1 }),
  cache: z.strictObject({ shared: z.boolean().describe('whether replicas keep answers for each other') }).default({ shared: false }),
  input: z.strictObject({ messageChars: z.number().int().positive().describe('longest message that is taken, in characters') }).default({ messageChars: 10_000 }),
  keepAlive: z.strictObject({ everyMs: ms.describe('longest silence in a begun stream') }).default({ everyMs: 15_000 }),
  queue: z
    .strictObject({
      concurrency: z.number().int().positive().describe('upstream calls at a time'),
      waiting: z.number().int().nonnegative().describe('requests that may wait for one; more are turned away'),
    })
    .default({ concurrency: 4, waiting: 50 }),
  health: z
    .strictObject({
      live: z.string().default('/health/live'),
      ready: z.string().default('/health/ready'),
      withinMs: ms.optional().describe('how soon they answer'),
      keyed: z.boolean().default(false).describe('whether they want a key, as other requests do'),
    })
    .prefault({}),
  own: z.record(OwnFeature, z.record(z.string(), z.number())).default({}).describe('numbers of features of your own: { "x-tenants": { ms: 100 } }'),
})
export type ClaimsInput = z.input<typeof Claims>
export type Claims = z.infer<typeof Claims>
