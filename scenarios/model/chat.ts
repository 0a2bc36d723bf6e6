import { answerExact, defineScenario, schema, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a language model answers',
  requirement: requirements['model.chat'],
  features: ['chat'],
  traffic: { body: { max_tokens: 16, seed: 7, temperature: 0.8 } },
  checks: [statusIs(200), schema('core', 'ChatCompletion'), answerExact()],
  upstream: 'model',
})
