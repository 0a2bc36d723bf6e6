import { attemptsBetween, defineScenario, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a 400 is not retried',
  requirement: requirements['retry.never-400'],
  features: ['chat', 'retry'],
  faults: [{ fault: upstreamStatus({ status: 400 }) }],
  traffic: { requests: 3 },
  checks: [attemptsBetween(1, 1), statusIs(400)],
})
