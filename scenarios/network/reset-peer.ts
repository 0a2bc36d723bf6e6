import { aliveAfter, defineScenario, endsWithin, errorEnvelope, onTheWire } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the network resets the connection',
  requirement: requirements['net.reset-peer'],
  features: ['chat'],
  faults: [{ fault: onTheWire({ type: 'reset_peer', attributes: { timeout: 0 } }) }],
  traffic: {},
  checks: [errorEnvelope([502, 503]), endsWithin({ claim: 'budget.retries' }), aliveAfter()],
})
