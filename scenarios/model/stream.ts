import { answerExact, defineScenario, doneOnce, schema, sseGrammar, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a language model streams',
  requirement: requirements['model.stream'],
  features: ['chat.stream'],
  traffic: { stream: true, body: { max_tokens: 16, seed: 7, temperature: 0.8 } },
  checks: [statusIs(200), sseGrammar(), schema('core', 'ChatCompletionChunk'), answerExact(), doneOnce()],
  upstream: 'model',
})
