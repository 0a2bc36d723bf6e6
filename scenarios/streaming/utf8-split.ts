import { answerExact, defineScenario, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'characters that arrive in pieces',
  requirement: requirements['chat.stream.utf8-split'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ split: 'inside-characters' }) }],
  traffic: { stream: true, requests: 3 },
  checks: [answerExact(), sseGrammar()],
})
