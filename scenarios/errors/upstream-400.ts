import { attemptsAtMost, defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream answers 400',
  requirement: requirements['error.map.400'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 400 }) }],
  traffic: {},
  checks: [errorEnvelope(400), attemptsAtMost(1)],
})
