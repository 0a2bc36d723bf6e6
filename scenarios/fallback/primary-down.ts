import { answerExact, attemptsBetween, defineScenario, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the second upstream answers when the first fails',
  requirement: requirements['failover.order'],
  features: ['chat', 'fallback'],
  faults: [{ fault: upstreamStatus({ status: 503 }) }],
  traffic: { model: 'fallback' },
  checks: [answerExact(), attemptsBetween(1, 1, { lane: 'secondary' })],
})
