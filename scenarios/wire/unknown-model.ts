import { defineScenario, errorEnvelope, noUpstreamCall } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a model that does not exist',
  requirement: requirements['core.request.unknown-model-404'],
  features: ['chat', 'models'],
  traffic: { model: 'unknown' },
  checks: [errorEnvelope(404), noUpstreamCall()],
})
