import { aliveAfter, defineScenario, endsWithin, errorEnvelope, onTheWire } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the network swallows every byte',
  requirement: requirements['net.timeout'],
  features: ['chat', 'timeouts'],
  faults: [{ fault: onTheWire({ type: 'timeout', stream: 'upstream', attributes: { timeout: 0 } }) }],
  traffic: {},
  checks: [errorEnvelope([502, 503, 504]), endsWithin({ claim: 'budget.head' }), aliveAfter()],
})
