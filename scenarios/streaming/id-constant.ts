import { defineScenario, sameId } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'all chunks have one id',
  requirement: requirements['chat.stream.id-constant'],
  features: ['chat.stream'],
  traffic: { stream: true },
  checks: [sameId()],
})
