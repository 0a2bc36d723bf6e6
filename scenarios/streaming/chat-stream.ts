import { answerExact, defineScenario, schema, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a stream arrives whole and in order',
  requirement: requirements['chat.stream.order-and-completeness'],
  features: ['chat.stream'],
  traffic: { stream: true, requests: 5, concurrency: 5 },
  checks: [statusIs(200), schema('core', 'ChatCompletionChunk'), answerExact()],
})
