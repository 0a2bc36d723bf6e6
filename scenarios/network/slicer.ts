import { answerExact, defineScenario, doneOnce, onTheWire, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'packets of a few bytes',
  requirement: requirements['net.slicer'],
  features: ['chat.stream'],
  faults: [{ fault: onTheWire({ type: 'slicer', attributes: { average_size: 7, size_variation: 3, delay: 0 } }) }],
  traffic: { stream: true },
  checks: [answerExact(), sseGrammar(), doneOnce()],
})
