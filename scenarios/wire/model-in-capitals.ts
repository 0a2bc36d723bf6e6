import { answerExact, defineScenario } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a model that is named in capitals',
  requirement: requirements['core.request.model-case'],
  features: ['chat', 'models.case'],
  traffic: { model: 'capitals' },
  checks: [answerExact()],
})
