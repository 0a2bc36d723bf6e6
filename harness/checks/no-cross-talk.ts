import { z } from 'zod'
import { answerText, bodyText, faultPhase, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const noCrossTalkCheck = defineCheck({
  name: 'no-cross-talk',
  params: z.strictObject({}),
  judge: (evidence) => {
    // Those of other phases too: an answer kept from before is as foreign.
    const nonces = evidence.exchanges.map((x) => x.nonce)
    const names = (text: string, nonce: string): boolean => text.includes(nonce) && new RegExp(`${nonce}(?![0-9a-z])`).test(text)
    return forEach(faultPhase(evidence), 'every caller reads words of its own, and none meant for another', (x) => {
      // A retokenised answer may have a nonce in two events, an id has it outside of the words.
      const text = `${answerText(x)}\n${bodyText(x)}`
      const foreign = nonces.find((n) => n !== x.nonce && names(text, n))
      if (foreign !== undefined) return `words of ${foreign}`
      return names(answerText(x), x.nonce) ? null : `no words of its own; ${outcome(x)}`
    })
  },
})

/** Answers given at the same time do not mix. */
export const noCrossTalk = () => checkData(noCrossTalkCheck, {})
