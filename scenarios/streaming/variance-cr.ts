import { answerExact, defineScenario, doneOnce, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'CR line ends',
  requirement: requirements['chat.stream.sse-variance.cr'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'cr' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
