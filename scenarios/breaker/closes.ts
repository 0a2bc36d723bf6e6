import { answerExact, attemptsBetween, defineScenario, heal, send, upstreamStatus, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a healed upstream is used again',
  requirement: requirements['breaker.recovers-within'],
  features: ['chat', 'breaker'],
  faults: [{ labels: ['trip'], fault: upstreamStatus({ status: 503 }) }],
  traffic: [
    send({ label: 'trip', requests: { claim: 'breaker.failures', plus: 3 } }),
    heal(),
    wait({ claim: 'breaker.cooldownMs', plus: 100 }),
    send({ label: 'after', requests: 5 }),
  ],
  checks: [answerExact(['after']), attemptsBetween(1, 1, { labels: ['after'] })],
})
