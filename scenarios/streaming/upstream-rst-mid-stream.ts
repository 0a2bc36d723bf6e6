import { aliveAfter, defineScenario, noRepeatedText, noSilentTruncation, resetMidStream } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream resets after the third event',
  requirement: requirements['fault.cut.visible'],
  features: ['chat.stream'],
  faults: [{ fault: resetMidStream({ afterEvents: 3 }) }],
  traffic: { stream: true, requests: 2, concurrency: 2 },
  checks: [noSilentTruncation(), noRepeatedText(), aliveAfter()],
})
