import { defineScenario, schema } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'every chunk has every required field',
  requirement: requirements['chat.stream.strict'],
  features: ['chat.stream'],
  traffic: { stream: true },
  checks: [schema('strict', 'ChatCompletionChunk')],
})
