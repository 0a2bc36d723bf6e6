import { answerExact, defineScenario, send, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a question that failed is asked again',
  requirement: requirements['cache.never.errors'],
  features: ['chat', 'cache'],
  faults: [
    { labels: ['failed'], fault: upstreamStatus({ status: 500 }) },
    { labels: ['refused'], fault: upstreamStatus({ status: 400 }) },
  ],
  traffic: [send({ label: 'failed' }), send({ label: 'after-500', same: 'failed' }), send({ label: 'refused' }), send({ label: 'after-400', same: 'refused' })],
  checks: [statusIs([400, 500, 502, 503], ['failed', 'refused']), answerExact(['after-500', 'after-400'])],
})
