import { answerExact, defineScenario, doneOnce, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'CRLF line ends',
  requirement: requirements['chat.stream.sse-variance.crlf'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ variance: 'crlf' }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
