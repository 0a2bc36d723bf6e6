import { answerExact, defineScenario, doneOnce, usage } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'usage comes on request, once, with no choices',
  requirement: requirements['chat.stream.usage-chunk'],
  features: ['chat.stream', 'chat.stream.usage'],
  traffic: { stream: true, body: { stream_options: { include_usage: true } } },
  checks: [usage(), answerExact(), doneOnce()],
})
