import { z } from 'zod'
import { bodyText, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const noCrossTalkCheck = defineCheck({
  name: 'no-cross-talk',
  params: z.strictObject({}),
  judge: (evidence) => {
    const exchanges = faultPhase(evidence)
    const nonces = exchanges.map((x) => x.nonce)
    return forEach(exchanges, 'no caller reads a word meant for another', (x) => {
      const text = bodyText(x)
      const foreign = nonces.find((n) => n !== x.nonce && new RegExp(`${n}(?![0-9a-z])`).test(text))
      return foreign === undefined ? null : `words of ${foreign}`
    })
  },
})

/** Answers given at the same time do not mix. */
export const noCrossTalk = () => checkData(noCrossTalkCheck, {})
