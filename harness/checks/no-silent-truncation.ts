import { z } from 'zod'
import { faultPhase, looksFinished, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const noSilentTruncationCheck = defineCheck({
  name: 'no-silent-truncation',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'an error, an error event, or an abnormal close', (x) => {
      if (looksFinished(x)) return outcome(x)
      if (x.end?.how === 'gave-up') return `it never ended; ${outcome(x)}`
      const quiet = x.head?.status === 200 && x.end?.how === 'complete' && !/"error"/.test(Buffer.concat(x.chunks.map((c) => c.bytes)).toString())
      return quiet ? `a clean end without a word about the failure; ${outcome(x)}` : null
    }),
})

/** What the upstream did not finish does not look finished to the caller. */
export const noSilentTruncation = () => checkData(noSilentTruncationCheck, {})
