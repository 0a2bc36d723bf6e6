import { answerExact, attemptsBetween, defineScenario, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'one 500 is not seen by the caller',
  requirement: requirements['retry.once.500'],
  features: ['chat', 'retry'],
  faults: [{ fault: upstreamStatus({ status: 500, times: 1 }) }],
  traffic: { requests: 3 },
  checks: [answerExact(), attemptsBetween(2, 2)],
})
