import { aliveAfter, cutMidStream, defineScenario, noRepeatedText, noSilentTruncation } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream reports an error in mid-stream',
  requirement: requirements['error.in-band.visible'],
  features: ['chat.stream'],
  faults: [{ fault: cutMidStream({ afterEvents: 3, how: 'error-event' }) }],
  traffic: { stream: true },
  checks: [noSilentTruncation(), noRepeatedText(), aliveAfter()],
})
