import { answerExact, defineScenario, errorEnvelope, noUpstreamCall, send } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a message of the claimed length, and one that is longer',
  requirement: requirements['core.request.message-too-long-400'],
  features: ['chat', 'input-limits'],
  traffic: [send({ label: 'fits', chars: { claim: 'input.messageChars' } }), send({ label: 'too-long', chars: { claim: 'input.messageChars', plus: 1 } })],
  checks: [answerExact(['fits']), errorEnvelope(400, { param: 'messages', labels: ['too-long'] }), noUpstreamCall(['too-long'])],
})
