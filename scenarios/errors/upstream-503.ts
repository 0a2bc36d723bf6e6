import { aliveAfter, defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream keeps answering 503',
  requirement: requirements['error.map.503'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 503 }) }],
  traffic: {},
  checks: [errorEnvelope([502, 503]), aliveAfter()],
})
