import { answerExact, defineScenario, doneOnce, noCrossTalk, shapeStream } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a hundred streams at once',
  requirement: requirements['iso.concurrent.no-crosstalk'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ pauseMs: 5 }) }],
  traffic: { stream: true, requests: 100, concurrency: 100 },
  checks: [noCrossTalk(), answerExact(), doneOnce()],
  exclusive: true,
})
