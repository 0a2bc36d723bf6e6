import { aliveAfter, breakerOpens, defineScenario, send, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'failures in a row open the breaker',
  requirement: requirements['breaker.opens'],
  features: ['chat', 'breaker'],
  faults: [{ fault: upstreamStatus({ status: 503 }) }],
  traffic: [send({ label: 'trip', requests: { claim: 'breaker.failures', plus: 3 } })],
  checks: [breakerOpens('trip'), aliveAfter()],
})
