import { answerExact, closeMidStream, defineScenario, send } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a stream that was cut is asked for again',
  requirement: requirements['cache.never.truncated'],
  features: ['chat.stream', 'cache'],
  faults: [{ labels: ['cut'], fault: closeMidStream({ afterEvents: 3 }) }],
  traffic: [send({ label: 'cut', stream: true }), send({ label: 'again', same: 'cut', stream: true })],
  checks: [answerExact(['again'])],
})
