import { answerExact, defineScenario, keepAlive, schema, shapeStream, sseGrammar } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a begun stream whose upstream is silent for a while',
  requirement: requirements['chat.stream.keep-alive'],
  features: ['chat.stream', 'keep-alive'],
  faults: [{ fault: shapeStream({ silence: { afterWords: 2, ms: { claim: 'keepAlive.everyMs', times: 2, plus: 500 } } }) }],
  traffic: { stream: true },
  checks: [keepAlive({ claim: 'keepAlive.everyMs' }), answerExact(), schema('core', 'ChatCompletionChunk'), sseGrammar()],
})
