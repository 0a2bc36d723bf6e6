import { defineScenario, roleFirst } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the first chunk carries the role',
  requirement: requirements['chat.stream.role-first'],
  features: ['chat.stream'],
  traffic: { stream: true },
  checks: [roleFirst()],
})
