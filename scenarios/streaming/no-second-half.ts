import { aliveAfter, attemptsAtMost, cutMidStream, defineScenario, noRepeatedText } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a broken stream is not covered by asking again',
  requirement: requirements['retry.mid-stream.never-silent'],
  features: ['chat.stream', 'retry'],
  faults: [{ fault: cutMidStream({ afterEvents: 4, how: 'fin', times: 1 }) }],
  traffic: { stream: true },
  checks: [noRepeatedText(), attemptsAtMost(1), aliveAfter()],
})
