import { defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream answers 404',
  requirement: requirements['error.map.404'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 404 }) }],
  traffic: {},
  checks: [errorEnvelope(404)],
})
