import { answerExact, attemptsBetween, defineScenario, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the second upstream answers when the first hangs',
  requirement: requirements['failover.order'],
  features: ['chat', 'fallback', 'timeouts'],
  faults: [{ fault: upstreamBeforeHead({ how: 'hang' }) }],
  traffic: { model: 'fallback' },
  checks: [answerExact(), attemptsBetween(1, 1, { lane: 'secondary' })],
})
