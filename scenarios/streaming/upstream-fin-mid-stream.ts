import { aliveAfter, closeMidStream, defineScenario, noRepeatedText, noSilentTruncation } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream closes after the third event',
  requirement: requirements['fault.cut.visible'],
  features: ['chat.stream'],
  faults: [{ fault: closeMidStream({ afterEvents: 3 }) }],
  traffic: { stream: true, requests: 2, concurrency: 2 },
  checks: [noSilentTruncation(), noRepeatedText(), aliveAfter()],
})
