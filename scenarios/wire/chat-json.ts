import { answerExact, defineScenario, schema, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a chat completion arrives whole',
  requirement: requirements['chat.basic.content-exact'],
  features: ['chat'],
  traffic: { requests: 5, concurrency: 5 },
  checks: [statusIs(200), schema('core', 'ChatCompletion'), answerExact()],
})
