import { defineScenario, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the stream is well-formed',
  requirement: requirements['chat.stream.grammar'],
  features: ['chat.stream'],
  traffic: { stream: true },
  checks: [sseGrammar()],
})
