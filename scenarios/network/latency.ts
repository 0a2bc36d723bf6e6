import { answerExact, defineScenario, doneOnce, onTheWire, tookAtLeast } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: '100 ms on the way',
  requirement: requirements['net.latency'],
  features: ['chat.stream'],
  faults: [{ fault: onTheWire({ type: 'latency', attributes: { latency: 100, jitter: 0 } }) }],
  traffic: { stream: true },
  checks: [tookAtLeast(95), answerExact(), doneOnce()],
})
