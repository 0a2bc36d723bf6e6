import { defineScenario, schema } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a chat completion has every required field',
  requirement: requirements['chat.basic.strict'],
  features: ['chat'],
  traffic: {},
  checks: [schema('strict', 'ChatCompletion')],
})
