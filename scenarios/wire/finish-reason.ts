import { answerExact, defineScenario, send, shapeStream } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'an answer that was cut for its length says so',
  requirement: requirements['chat.basic.finish-reason-faithful'],
  features: ['chat', 'chat.stream'],
  faults: [{ fault: shapeStream({ finish: 'length' }) }],
  traffic: [send(), send({ label: 'stream', stream: true })],
  checks: [answerExact()],
})
