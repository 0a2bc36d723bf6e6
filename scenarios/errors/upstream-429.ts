import { aliveAfter, defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream keeps answering 429',
  requirement: requirements['error.map.429'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 429 }) }],
  traffic: {},
  checks: [errorEnvelope(429), aliveAfter()],
})
