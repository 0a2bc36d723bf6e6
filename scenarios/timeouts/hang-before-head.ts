import { aliveAfter, defineScenario, endsWithin, errorEnvelope, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream never answers',
  requirement: requirements['fault.upstream.hang-before-head'],
  features: ['chat', 'timeouts'],
  faults: [{ fault: upstreamBeforeHead({ how: 'hang' }) }],
  traffic: {},
  checks: [errorEnvelope(504), endsWithin({ claim: 'budget.head' }), aliveAfter()],
})
