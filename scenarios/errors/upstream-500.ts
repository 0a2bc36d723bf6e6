import { aliveAfter, defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream keeps answering 500',
  requirement: requirements['error.map.500'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 500 }) }],
  traffic: {},
  checks: [errorEnvelope([500, 502, 503]), aliveAfter()],
})
