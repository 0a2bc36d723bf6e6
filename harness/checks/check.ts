import type { z } from 'zod'
import type { Evidence, Exchange } from '../evidence/types.ts'
import type { CheckData } from '../scenario.ts'

export interface Judgement {
  verdict: 'pass' | 'fail' | 'unknown'
  expected: string
  actual: string
  /** Requests that decided it, worst first. */
  nonces: string[]
  reason?: string
  /** Unknown for a reason of the harness: measuring once more may settle it. */
  again?: boolean
}

/** A pure function of evidence. `timed` ones are not believed when the harness's own event loop lagged. */
export interface Check<P extends z.ZodType = z.ZodType> {
  name: string
  params: P
  timed?: boolean
  judge: (evidence: Evidence, params: z.infer<P>) => Judgement
}

export const defineCheck = <P extends z.ZodType>(check: Check<P>): Check<P> => check

/** The data of one check, its parameters checked when the scenario file is loaded. */
export const checkData = <P extends z.ZodType>(check: Check<P>, params: z.input<P>): CheckData => ({
  check: check.name,
  params: check.params.parse(params) as Record<string, unknown>,
})

/**
 * Judges every exchange: `deviation` says what is wrong with one, or null. Nothing to judge is `unknown`: a check that
 * saw nothing proved nothing.
 */
export const forEach = (exchanges: readonly Exchange[], expected: string, deviation: (exchange: Exchange) => string | null): Judgement => {
  if (exchanges.length === 0) return { verdict: 'unknown', expected, actual: 'no request to judge', nonces: [], reason: 'no evidence' }
  const bad = exchanges.flatMap((x) => {
    const actual = deviation(x)
    return actual === null ? [] : [{ nonce: x.nonce, actual }]
  })
  const [first] = bad
  if (!first) return { verdict: 'pass', expected, actual: exchanges.length === 1 ? 'as expected' : `as expected, ${exchanges.length} of ${exchanges.length}`, nonces: exchanges.slice(0, 3).map((x) => x.nonce) }
  const actual = exchanges.length === 1 ? first.actual : `${bad.length} of ${exchanges.length}: ${first.actual}`
  return { verdict: 'fail', expected, actual, nonces: bad.slice(0, 5).map((b) => b.nonce) }
}

/** One yes-or-no over the whole evidence. */
export const verdictIf = (ok: boolean, expected: string, actual: string, nonces: string[] = []): Judgement => ({ verdict: ok ? 'pass' : 'fail', expected, actual, nonces })
