import { answerExact, defineScenario, lockStep, shapeStream } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'each event is passed on before the next',
  requirement: requirements['chat.stream.incremental'],
  features: ['chat.stream'],
  faults: [{ fault: shapeStream({ lockstep: true }) }],
  traffic: { stream: true },
  checks: [lockStep(), answerExact()],
})
