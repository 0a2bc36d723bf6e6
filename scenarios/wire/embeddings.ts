import { defineScenario, embeddingsExact, schema, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'vectors arrive unchanged',
  requirement: requirements['embeddings.basic'],
  features: ['embeddings'],
  traffic: { to: 'embeddings' },
  checks: [statusIs(200), schema('core', 'EmbeddingList'), embeddingsExact()],
})
