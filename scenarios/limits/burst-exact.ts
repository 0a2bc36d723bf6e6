import { defineScenario, limitExact, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'ten times the limit at the same time',
  requirement: requirements['limit.burst-exact'],
  features: ['chat', 'rate-limit'],
  traffic: [
    // A limit that is off by one needs one more to come back before it shows.
    wait({ claim: 'limit.tokenMs', plus: 50 }),
    send({ label: 'burst', auth: 'limited', requests: { claim: 'limit.burst', times: 10 }, concurrency: { claim: 'limit.burst', times: 10 } }),
    wait({ claim: 'limit.refillMs', plus: 50 }),
  ],
  checks: [limitExact(['burst'])],
  race: 'which of the callers are let in',
})
