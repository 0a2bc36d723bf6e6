import { z } from 'zod'
import { attemptsOf, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const lockStepCheck = defineCheck({
  name: 'lock-step',
  params: z.strictObject({}),
  timed: true,
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'the caller has event k before the upstream sends event k+1', (x) => {
      const held = attemptsOf(evidence, x.nonce).flatMap((a) => a.held)
      if (held.length === 0) return 'the upstream was never asked for a stream'
      const late = held.find((h) => h.released === 'expired')
      return late ? `the upstream waited in vain for the caller to have event ${late.index}` : null
    }),
})

/** Events are passed on one by one, not gathered. */
export const lockStep = () => checkData(lockStepCheck, {})
