import { defineScenario, limitReached, limitRetryAfter, send, statusIs, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a refused caller comes back when told to',
  requirement: requirements['limit.retry-after-true'],
  features: ['chat', 'rate-limit'],
  traffic: [
    send({ label: 'refused', auth: 'limited', requests: { claim: 'limit.burst', times: 2 } }),
    wait({ retryAfterOf: 'refused', atMost: { claim: 'limit.refillMs', plus: 1000 } }),
    send({ label: 'again', auth: 'limited' }),
    wait({ claim: 'limit.refillMs', plus: 50 }),
  ],
  checks: [limitReached(['refused']), limitRetryAfter(['refused']), statusIs(200, ['again'])],
  race: 'how much of the limit comes back meanwhile',
})
