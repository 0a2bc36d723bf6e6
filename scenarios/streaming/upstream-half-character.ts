import { aliveAfter, cutMidStream, defineScenario, noRepeatedText, noSilentTruncation } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream closes inside a character',
  requirement: requirements['fault.half-character'],
  features: ['chat.stream'],
  faults: [{ fault: cutMidStream({ afterEvents: 3, how: 'half-character' }) }],
  traffic: { stream: true },
  checks: [noSilentTruncation(), noRepeatedText(), aliveAfter()],
})
