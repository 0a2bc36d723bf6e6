import { defineScenario, doneOnce } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: '[DONE] comes once and last',
  requirement: requirements['chat.stream.done-once'],
  features: ['chat.stream'],
  traffic: { stream: true, requests: 3 },
  checks: [doneOnce()],
})
