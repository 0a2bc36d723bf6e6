import { aliveAfter, cutMidStream, defineScenario, noRepeatedText, noSilentTruncation, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream sends an event that is not JSON',
  requirement: requirements['fault.malformed-event'],
  features: ['chat.stream'],
  faults: [{ fault: cutMidStream({ afterEvents: 3, how: 'malformed' }) }],
  traffic: { stream: true },
  checks: [noSilentTruncation(), noRepeatedText(), aliveAfter(), sseGrammar()],
})
