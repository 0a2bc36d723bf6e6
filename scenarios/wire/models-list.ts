import { defineScenario, schema, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the models are listed',
  requirement: requirements['core.models.list-shape'],
  features: ['models'],
  traffic: { to: 'models' },
  checks: [statusIs(200), schema('core', 'ModelList')],
})
