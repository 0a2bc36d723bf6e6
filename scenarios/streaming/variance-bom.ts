import { answerExact, defineScenario, doneOnce, roleFirst, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a byte order mark at the start',
  requirement: requirements['chat.stream.sse-variance.bom'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'bom' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce(), roleFirst()],
})
