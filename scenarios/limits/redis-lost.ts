import { defineScenario, heal, limitExact, limitLost, refuseConnections, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the store of the count is gone',
  requirement: requirements['limit.redis-lost'],
  features: ['chat', 'rate-limit', 'rate-limit.redis'],
  needs: ['launch'],
  faults: [{ fault: refuseConnections('redis') }],
  traffic: [
    send({ label: 'lost', auth: 'limited', requests: { claim: 'limit.apart', times: 3 }, concurrency: { claim: 'limit.apart', times: 3 } }),
    heal(),
    wait({ claim: 'limit.backMs', plus: 50 }),
    send({ label: 'back', auth: 'limited', requests: { claim: 'limit.burst', times: 3 }, concurrency: { claim: 'limit.burst', times: 3 } }),
    wait({ claim: 'limit.refillMs', plus: 50 }),
  ],
  checks: [limitLost(['lost']), limitExact(['back'])],
  race: 'which of the callers are let in',
})
