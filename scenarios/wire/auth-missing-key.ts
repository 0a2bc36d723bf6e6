import { defineScenario, errorEnvelope, noUpstreamCall } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a request without a key',
  requirement: requirements['core.auth.missing-key-401'],
  features: ['chat', 'auth'],
  traffic: { auth: 'none' },
  checks: [errorEnvelope(401), noUpstreamCall()],
})
