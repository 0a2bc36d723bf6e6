import { aliveAfter, defineScenario, endsWithin, errorEnvelope, refuseConnections } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream refuses connections',
  requirement: requirements['fault.upstream.refused'],
  features: ['chat'],
  faults: [{ fault: refuseConnections() }],
  traffic: {},
  checks: [errorEnvelope([502, 503]), endsWithin({ claim: 'budget.retries' }), aliveAfter()],
})
