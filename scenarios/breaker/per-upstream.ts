import { answerExact, attemptsBetween, defineScenario, send, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'an open breaker of one upstream leaves the other alone',
  requirement: requirements['breaker.per-upstream-isolation'],
  features: ['chat', 'breaker', 'fallback'],
  faults: [{ fault: upstreamStatus({ status: 503 }) }],
  traffic: [
    send({ label: 'trip', requests: { claim: 'breaker.failures', plus: 1 } }),
    send({ label: 'other', requests: 3, model: 'fallback' }),
  ],
  checks: [answerExact(['other']), attemptsBetween(1, 1, { lane: 'secondary', labels: ['other'] }), attemptsBetween(0, 0, { lane: 'primary', labels: ['other'] })],
})
