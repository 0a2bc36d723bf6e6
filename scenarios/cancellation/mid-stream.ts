import { aliveAfter, defineScenario, shapeStream, upstreamStops } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the caller leaves in mid-stream',
  requirement: requirements['cancel.mid-stream'],
  features: ['chat.stream', 'cancellation'],
  faults: [{ fault: shapeStream({ pauseMs: 60 }) }],
  traffic: { stream: true, requests: 3, concurrency: 3, abort: { afterEvents: 2 } },
  checks: [upstreamStops(), aliveAfter()],
  race: 'how far each stream came when its caller left',
})
