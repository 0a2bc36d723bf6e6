import { answerExact, defineScenario, limitReached, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'another caller while one is over the limit',
  requirement: requirements['limit.per-key'],
  features: ['chat', 'rate-limit'],
  traffic: [
    send({ label: 'limited', auth: 'limited', requests: { claim: 'limit.burst', times: 2 } }),
    send({ label: 'other', requests: { claim: 'limit.burst', plus: 1 }, concurrency: { claim: 'limit.burst', plus: 1 } }),
    wait({ claim: 'limit.refillMs', plus: 50 }),
  ],
  checks: [limitReached(['limited']), answerExact(['other'])],
  race: 'how much of the limit comes back meanwhile',
})
