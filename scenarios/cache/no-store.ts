import { answerExact, attemptsBetween, defineScenario, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'an answer that its caller wants nobody to keep',
  requirement: requirements['cache.no-store'],
  features: ['chat', 'cache'],
  traffic: [send({ label: 'secret', headers: { 'cache-control': 'no-store' } }), wait(100), send({ label: 'later', same: 'secret' }), wait(100), send({ label: 'again', same: 'secret' })],
  checks: [attemptsBetween(2, 2), answerExact()],
})
