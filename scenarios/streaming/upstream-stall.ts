import { aliveAfter, cutMidStream, defineScenario, endsWithin, noRepeatedText, noSilentTruncation } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream falls silent in mid-stream',
  requirement: requirements['fault.upstream.stall-mid-stream'],
  features: ['chat.stream', 'timeouts'],
  faults: [{ fault: cutMidStream({ afterEvents: 3, how: 'stall' }) }],
  traffic: { stream: true },
  checks: [
    endsWithin({ claim: 'timeouts.idleMs' }, { since: 'last-word' }),
    noSilentTruncation(),
    noRepeatedText(),
    aliveAfter(),
  ],
})
