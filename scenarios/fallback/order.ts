import { answerExact, attemptsBetween, defineScenario } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the first upstream is asked first',
  requirement: requirements['failover.primary-first'],
  features: ['chat', 'fallback'],
  traffic: { model: 'fallback', requests: 3 },
  checks: [answerExact(), attemptsBetween(1, 1, { lane: 'primary' }), attemptsBetween(0, 0, { lane: 'secondary' })],
})
