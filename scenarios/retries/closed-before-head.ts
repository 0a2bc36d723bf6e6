import { aliveAfter, attemptsAtMost, defineScenario, errorEnvelope, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream closes before it answers',
  requirement: requirements['fault.upstream.fin-before-head'],
  features: ['chat'],
  faults: [{ fault: upstreamBeforeHead({ how: 'fin' }) }],
  traffic: {},
  checks: [errorEnvelope([502, 503]), attemptsAtMost({ claim: 'retry.retries', plus: 1 }), aliveAfter()],
})
