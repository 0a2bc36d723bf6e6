import { answerExact, attemptsBetween, defineScenario, retryGapAtLeast, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a retry waits as long as it was told',
  requirement: requirements['retry.once.429'],
  features: ['chat', 'retry', 'retry-after'],
  faults: [{ fault: upstreamStatus({ status: 429, retryAfter: '1', times: 1 }) }],
  traffic: {},
  checks: [answerExact(), attemptsBetween(2, 2), retryGapAtLeast(1000)],
})
