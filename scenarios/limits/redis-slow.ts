import { defineScenario, heal, limitExact, limitLost, onTheWire, send, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the store of the count answers too late',
  requirement: requirements['limit.redis-slow'],
  features: ['chat', 'rate-limit', 'rate-limit.redis'],
  needs: ['launch'],
  faults: [{ fault: onTheWire({ type: 'latency', attributes: { latency: { claim: 'rateLimit.lostWithinMs', plus: 1500 } } }, 'redis') }],
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
