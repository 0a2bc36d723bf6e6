import { answerExact, defineScenario, shapeStream, tookAtLeast } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the first word comes late, within the limits',
  requirement: requirements['fault.upstream.slow-ttft'],
  features: ['chat.stream', 'timeouts'],
  faults: [{ at: 'before', fault: shapeStream({ firstWordMs: 450 }) }],
  traffic: { stream: true },
  checks: [answerExact(), tookAtLeast(400)],
})
