import { answerExact, defineScenario, paramsFaithful } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'parameters reach the upstream as sent',
  requirement: requirements['chat.basic.params-faithful'],
  features: ['chat'],
  traffic: { body: { temperature: 0.37, top_p: 0.91, stop: ['\n\n', 'END'], seed: 424242, max_tokens: 321 } },
  checks: [answerExact(), paramsFaithful(['temperature', 'top_p', 'stop', 'seed', 'max_tokens', 'messages'])],
})
