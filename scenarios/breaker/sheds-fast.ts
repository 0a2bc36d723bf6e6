import { aliveAfter, defineScenario, send, shedsFast, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'an open breaker answers at once',
  requirement: requirements['breaker.sheds-fast'],
  features: ['chat', 'breaker'],
  faults: [{ fault: upstreamStatus({ status: 503 }) }],
  traffic: [
    send({ label: 'trip', requests: { claim: 'breaker.failures', plus: 3 } }),
    send({ label: 'shed', requests: 5, concurrency: 5 }),
  ],
  checks: [shedsFast('shed'), aliveAfter()],
})
