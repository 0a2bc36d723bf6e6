import { defineScenario, embeddingsExact, schema, statusIs } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'base64 stays base64',
  requirement: requirements['embeddings.base64'],
  features: ['embeddings'],
  traffic: { to: 'embeddings', body: { encoding_format: 'base64' } },
  checks: [statusIs(200), schema('core', 'EmbeddingList'), embeddingsExact()],
})
