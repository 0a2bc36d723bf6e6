import { aliveAfter, defineScenario, endsWithin, errorEnvelope, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream never begins its stream',
  requirement: requirements['fault.upstream.hang-before-head'],
  features: ['chat.stream', 'timeouts'],
  faults: [{ fault: upstreamBeforeHead({ how: 'hang' }) }],
  traffic: { stream: true },
  checks: [errorEnvelope(504), endsWithin({ claim: 'budget.head' }), aliveAfter()],
})
