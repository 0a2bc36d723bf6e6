import { answerExact, defineScenario, doneOnce, onTheWire, tookAtLeast } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: '4 KB/s on the way',
  requirement: requirements['net.bandwidth'],
  features: ['chat.stream'],
  faults: [{ fault: onTheWire({ type: 'bandwidth', attributes: { rate: 4 } }) }],
  traffic: { stream: true },
  checks: [tookAtLeast(300), answerExact(), doneOnce()],
})
