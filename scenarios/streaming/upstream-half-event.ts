import { aliveAfter, cutMidStream, defineScenario, noRepeatedText, noSilentTruncation } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream closes in the middle of an event',
  requirement: requirements['fault.cut.visible'],
  features: ['chat.stream'],
  faults: [{ fault: cutMidStream({ afterEvents: 3, how: 'half-event' }) }],
  traffic: { stream: true },
  checks: [noSilentTruncation(), noRepeatedText(), aliveAfter()],
})
