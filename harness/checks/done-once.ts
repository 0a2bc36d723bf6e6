import { z } from 'zod'
import { faultPhase, outcome, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const doneOnceCheck = defineCheck({
  name: 'done-once',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'exactly one [DONE], as the last event', (x) => {
      const { done, afterDone } = streamOf(x)
      return done === 1 && afterDone === 0 ? null : `${done} × [DONE], ${afterDone} event(s) after the first; ${outcome(x)}`
    }),
})

/** `[DONE]` comes once and last. */
export const doneOnce = () => checkData(doneOnceCheck, {})
