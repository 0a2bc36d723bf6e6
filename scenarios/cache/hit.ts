import { answerExact, attemptsBetween, defineScenario, schema, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the same question asked twice',
  requirement: requirements['cache.exact.hit'],
  features: ['chat', 'cache'],
  traffic: [send({ label: 'first' }), wait(100), send({ label: 'again', same: 'first' })],
  checks: [attemptsBetween(1, 1), answerExact(), schema('core', 'ChatCompletion')],
})
