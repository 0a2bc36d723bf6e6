import { defineScenario, secretAbsent, send } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the key of the caller stays away from the upstream',
  requirement: requirements['core.auth.caller-key-not-forwarded'],
  features: ['chat', 'auth'],
  traffic: [send(), send({ label: 'stream', stream: true })],
  checks: [secretAbsent('caller-key', 'upstream')],
})
