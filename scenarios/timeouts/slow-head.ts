import { answerExact, defineScenario, tookAtLeast, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the head comes late, within the limits',
  requirement: requirements['fault.upstream.slow-head'],
  features: ['chat', 'timeouts'],
  faults: [{ fault: upstreamBeforeHead({ delayMs: { claim: 'timeouts.firstByteMs', times: 0.5 } }) }],
  traffic: {},
  checks: [answerExact(), tookAtLeast({ claim: 'timeouts.firstByteMs', times: 0.4 })],
})
