import { z } from 'zod'
import { faultPhase, outcome, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const doneOnceCheck = defineCheck({
  name: 'done-once',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'events, then exactly one [DONE] as the last', (x) => {
      const { events, done, afterDone } = streamOf(x)
      return events.length > 1 && done === 1 && afterDone === 0 ? null : `${done} × [DONE], ${afterDone} event(s) after the first; ${outcome(x)}`
    }),
})

/** `[DONE]` comes once and last. */
export const doneOnce = () => checkData(doneOnceCheck, {})
