import { answerExact, attemptsBetween, defineScenario, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the same question asked by another tenant',
  requirement: requirements['cache.isolation.tenant'],
  // The second key is the limited one, and a target without a rate limit has none.
  features: ['chat', 'cache', 'rate-limit'],
  traffic: [send({ label: 'first' }), wait(100), send({ label: 'other', same: 'first', auth: 'limited' }), send({ label: 'again', same: 'first' })],
  checks: [attemptsBetween(2, 2), answerExact()],
})
