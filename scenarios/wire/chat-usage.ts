import { defineScenario, usage } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'token counts are those of the upstream',
  requirement: requirements['chat.usage.nonstream-exact'],
  features: ['chat'],
  traffic: { requests: 3 },
  checks: [usage()],
})
