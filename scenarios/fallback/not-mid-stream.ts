import { attemptsAtMost, closeMidStream, defineScenario, noRepeatedText, noSilentTruncation } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'an answer begun by one upstream is not continued by another',
  requirement: requirements['failover.not-mid-stream'],
  features: ['chat.stream', 'fallback'],
  faults: [{ fault: closeMidStream({ afterEvents: 3 }) }],
  traffic: { stream: true, model: 'fallback' },
  checks: [noSilentTruncation(), noRepeatedText(), attemptsAtMost(0, { lane: 'secondary' })],
})
