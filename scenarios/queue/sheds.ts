import { aliveAfter, atMostAtOnce, defineScenario, send, shedsOverload, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'more requests at once than there is room for',
  requirement: requirements['queue.sheds'],
  features: ['chat', 'queue'],
  faults: [{ fault: upstreamBeforeHead({ delayMs: { claim: 'timeouts.firstByteMs', times: 0.35 } }) }],
  traffic: [send({ label: 'crowd', requests: { claim: 'queue.room', plus: 10 }, concurrency: { claim: 'queue.room', plus: 10 } })],
  checks: [shedsOverload('crowd', { claim: 'queue.room' }), atMostAtOnce({ claim: 'queue.concurrency' }), aliveAfter()],
  race: 'which of the callers find room',
  exclusive: true,
})
