import { answerExact, defineScenario, doneOnce, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'no blank after the colon',
  requirement: requirements['chat.stream.sse-variance.nospace'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'nospace' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
