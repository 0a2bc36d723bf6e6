import { answerExact, defineScenario, shapeStream, tookAtLeast } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the first word comes late, within the limits',
  requirement: requirements['fault.upstream.slow-ttft'],
  features: ['chat.stream', 'timeouts'],
  faults: [{ fault: shapeStream({ firstWordMs: { claim: 'timeouts.idleMs', times: 0.5 } }) }],
  traffic: { stream: true },
  checks: [answerExact(), tookAtLeast({ claim: 'timeouts.idleMs', times: 0.4 })],
})
