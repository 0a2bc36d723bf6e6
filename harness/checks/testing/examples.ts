import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { evidence } from '../../evidence/fixture.ts'
import type { Evidence } from '../../evidence/types.ts'
import type { Check, Judgement } from '../check.ts'

/** One literal evidence: alone with the parameters of the group, or with its own. */
type Example<P> = Evidence | { evidence: Evidence; params: P }
interface Examples<P> {
  /** Parameters where an example names none. */
  params: P
  passes: Record<string, Example<P>>
  /** With what the finding must say, and, where that is the point, which requests it blames. */
  fails: Record<string, [example: Example<P>, actual: RegExp | string, nonces?: string[]]>
  /** Proves nothing either way, with the reason. Empty evidence is one such without being named. */
  unknown?: Record<string, [example: Example<P>, reason: RegExp | string]>
}

/** Tests a check by literal evidence. Every check owes at least one passing and one failing example. */
export const examples = <S extends z.ZodType>(check: Check<S>, { params, passes, fails, unknown = {} }: Examples<z.input<S>>): void => {
  const judge = (example: Example<z.input<S>>): Judgement => {
    const found = 'scenario' in example ? { evidence: example, params } : example
    return check.judge(found.evidence, check.params.parse(found.params))
  }
  describe(check.name, () => {
    test('has a passing and a failing example', () => {
      expect(Object.keys(passes)).not.toEqual([])
      expect(Object.keys(fails)).not.toEqual([])
    })
    test.for(Object.entries(passes))('passes: %s', ([, example]) => {
      expect(judge(example)).toMatchObject({ verdict: 'pass', expected: expect.stringMatching(/./) })
    })
    test.for(Object.entries(fails))('fails: %s', ([, [example, actual, nonces]]) => {
      expect(judge(example)).toMatchObject({ verdict: 'fail', actual: typeof actual === 'string' ? actual : expect.stringMatching(actual), ...(nonces ? { nonces } : {}) })
    })
    test.for(Object.entries(unknown))('is unknown: %s', ([, [example, reason]]) => {
      expect(judge(example)).toMatchObject({ verdict: 'unknown', reason: typeof reason === 'string' ? reason : expect.stringMatching(reason) })
    })
    test('no evidence proves nothing', () => {
      expect(judge(evidence())).toMatchObject({ verdict: 'unknown', reason: expect.stringMatching(/./) })
    })
  })
}
