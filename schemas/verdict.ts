import { z } from 'zod'

/** How binding a requirement is (RFC 2119 words; OBSERVE only records). */
export const Level = z.enum(['MUST', 'SHOULD', 'MAY', 'OBSERVE'])
export type Level = z.infer<typeof Level>

/** Who says so: an RFC, OpenAI's schema, OpenAI's documentation, an SDK that breaks, or this suite. */
export const Origin = z.enum(['rfc', 'schema', 'vendor-doc', 'de-facto', 'house'])
export type Origin = z.infer<typeof Origin>

/** Worst first: a scenario takes the worst verdict of its checks. */
export const VERDICTS = ['fail', 'unknown', 'warn', 'pass'] as const
export const Verdict = z.enum(VERDICTS)
export type Verdict = z.infer<typeof Verdict>

/** What a scenario came to. The last two are not verdicts: nothing was judged. */
export const Outcome = z.enum([...VERDICTS, 'skipped', 'not_supported'])
export type Outcome = z.infer<typeof Outcome>

/** The worst of some verdicts; nothing proves nothing, so an empty list is `unknown`. */
export const worst = (verdicts: readonly Verdict[]): Verdict => VERDICTS.find((v) => verdicts.includes(v)) ?? 'unknown'

/** One normative sentence that a scenario puts to the test. */
export const Requirement = z.strictObject({
  id: z.string(),
  level: Level,
  origin: Origin,
  text: z.string(),
  source: z.string(),
})
export type Requirement = z.infer<typeof Requirement>
