import { defineScenario, limitPace, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a caller asks four times as often as the limit allows',
  requirement: requirements['limit.refused-cost-nothing'],
  features: ['chat', 'rate-limit'],
  traffic: [
    send({ label: 'hammer', auth: 'limited', requests: { claim: 'limit.burst', times: 9 }, concurrency: { claim: 'limit.burst', times: 9 }, everyMs: { claim: 'limit.tokenMs', times: 0.25 } }),
    wait({ claim: 'limit.refillMs', plus: 50 }),
  ],
  checks: [limitPace(['hammer'])],
  race: 'how much of the limit comes back meanwhile',
})
