import { answerExact, defineScenario, doneOnce, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'events in two data lines',
  requirement: requirements['chat.stream.sse-variance.multiline'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'multiline' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
