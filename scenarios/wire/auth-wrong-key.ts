import { defineScenario, errorEnvelope, noUpstreamCall } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a request with a wrong key',
  requirement: requirements['core.auth.wrong-key-401'],
  features: ['chat', 'auth'],
  traffic: { auth: 'wrong' },
  checks: [errorEnvelope(401), noUpstreamCall()],
})
