import { answerExact, attemptsBetween, defineScenario, doneOnce, schema, send, sseGrammar, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the same stream asked for twice',
  requirement: requirements['cache.exact.stream'],
  features: ['chat.stream', 'cache'],
  traffic: [send({ label: 'first', stream: true }), wait(100), send({ label: 'again', same: 'first', stream: true })],
  checks: [attemptsBetween(1, 1), answerExact(), schema('core', 'ChatCompletionChunk'), sseGrammar(), doneOnce()],
})
