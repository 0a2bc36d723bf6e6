import { defineScenario, errorEnvelope, noUpstreamCall } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a body that is not JSON',
  requirement: requirements['core.request.malformed-json-400'],
  features: ['chat'],
  traffic: { raw: '{"model": "{model}", "messages": [{"role": "user", "content": "{nonce}"' },
  checks: [errorEnvelope(400), noUpstreamCall()],
})
