import { defineScenario, errorEnvelope } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a request without messages',
  requirement: requirements['core.request.invalid-field-400'],
  features: ['chat'],
  traffic: { raw: '{"model": "{model}", "prompt": "{nonce}"}' },
  checks: [errorEnvelope([400, 422])],
})
