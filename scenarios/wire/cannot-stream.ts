import { answerExact, defineScenario, errorEnvelope, noUpstreamCall, send } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a stream of a model that cannot stream',
  requirement: requirements['core.request.cannot-stream-400'],
  features: ['chat', 'models.no-stream'],
  traffic: [send({ label: 'json', model: 'jsonOnly' }), send({ label: 'stream', model: 'jsonOnly', stream: true })],
  checks: [answerExact(['json']), errorEnvelope(400, { labels: ['stream'] }), noUpstreamCall(['stream'])],
})
