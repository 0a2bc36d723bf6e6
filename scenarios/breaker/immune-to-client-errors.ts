import { answerExact, defineScenario, send, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'mistakes of a caller open no breaker',
  requirement: requirements['breaker.immune.client-errors'],
  features: ['chat', 'breaker'],
  faults: [{ labels: ['bad'], fault: upstreamStatus({ status: 400 }) }],
  traffic: [
    send({ label: 'bad', requests: { claim: 'breaker.failures', times: 2 } }),
    send({ label: 'good', requests: 2 }),
  ],
  checks: [statusIs(400, ['bad']), answerExact(['good'])],
})
