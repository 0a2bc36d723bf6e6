import { answerExact, defineScenario, doneOnce, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'fields that nobody knows',
  requirement: requirements['chat.stream.sse-variance.unknown-fields'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'unknown-fields' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
