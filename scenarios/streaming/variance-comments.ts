import { answerExact, defineScenario, doneOnce, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'comments between events',
  requirement: requirements['chat.stream.sse-variance.comment'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'comments' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
