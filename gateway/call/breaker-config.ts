import { z } from 'zod'

const ms = z.int().min(1)

const consecutive = z.strictObject({
  policy: z.literal('consecutive').default('consecutive'),
  /** Failures in a row that open the circuit. */
  failures: z.int().min(1).default(5),
  cooldownMs: ms.default(60_000),
  /** Good answers in half-open, one probe at a time, until it closes. */
  successes: z.int().min(1).default(1),
})

const rolling = z.strictObject({
  policy: z.literal('rolling'),
  /** Share of failures within the window, in percent, that opens the circuit. */
  percent: z.number().min(1).max(99).default(50),
  windowMs: ms.default(60_000),
  /** Fewer calls than this prove nothing. */
  minimumCalls: z.int().min(1).default(10),
  cooldownMs: ms.default(15_000),
  successes: z.int().min(1).default(1),
})

export const breakerConfig = z.union([rolling, consecutive])
export type BreakerConfig = z.output<typeof breakerConfig>
