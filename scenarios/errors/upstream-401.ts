import { defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream refuses the key of the target',
  requirement: requirements['error.map.401'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 401 }) }],
  traffic: {},
  checks: [errorEnvelope([500, 502, 503])],
})
