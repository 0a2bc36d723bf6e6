import { aliveAfter, defineScenario, upstreamBeforeHead, upstreamStops } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the caller leaves before the answer begins',
  requirement: requirements['cancel.before-head'],
  features: ['chat', 'cancellation'],
  faults: [{ fault: upstreamBeforeHead({ how: 'hang' }) }],
  traffic: { requests: 3, concurrency: 3, abort: { whenUpstream: 'asked' } },
  checks: [upstreamStops(), aliveAfter()],
})
