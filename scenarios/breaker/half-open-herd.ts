import { aliveAfter, defineScenario, probesAtMost, send, upstreamBeforeHead, upstreamStatus, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'many callers wait when the breaker tries again',
  requirement: requirements['breaker.half-open-single-probe'],
  features: ['chat', 'breaker'],
  faults: [
    { labels: ['trip'], fault: upstreamStatus({ status: 503 }) },
    { labels: ['herd'], fault: upstreamBeforeHead({ delayMs: 300 }) },
  ],
  traffic: [
    send({ label: 'trip', requests: { claim: 'breaker.failures', plus: 3 } }),
    wait({ claim: 'breaker.cooldownMs', plus: 100 }),
    send({ label: 'herd', requests: 30, concurrency: 30 }),
  ],
  checks: [probesAtMost('herd'), aliveAfter()],
  race: 'which of the waiting callers becomes the probe',
})
