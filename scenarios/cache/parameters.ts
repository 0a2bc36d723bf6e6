import { answerExact, attemptsBetween, defineScenario, send } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the same words with another temperature, another seed, another unknown field',
  requirement: requirements['cache.exact.every-parameter'],
  features: ['chat', 'cache'],
  traffic: [
    send({ label: 'first', body: { temperature: 0.2, x_style: 'a' } }),
    send({ label: 'temperature', same: 'first', body: { temperature: 0.9, x_style: 'a' } }),
    send({ label: 'field', same: 'first', body: { temperature: 0.2, x_style: 'b' } }),
    send({ label: 'seed', same: 'first', body: { temperature: 0.2, x_style: 'a', seed: 7 } }),
    send({ label: 'again', same: 'first', body: { temperature: 0.2, x_style: 'a' } }),
  ],
  checks: [attemptsBetween(4, 4), answerExact()],
})
