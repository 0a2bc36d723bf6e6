import { answerExact, defineScenario, send, upstreamBeforeHead } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'callers who leave open no breaker',
  requirement: requirements['breaker.immune.aborts'],
  features: ['chat', 'breaker', 'cancellation'],
  faults: [{ labels: ['leave'], fault: upstreamBeforeHead({ how: 'hang' }) }],
  traffic: [
    send({ label: 'leave', requests: { claim: 'breaker.failures' }, concurrency: 5, abort: { whenUpstream: 'asked' } }),
    send({ label: 'good', requests: 2 }),
  ],
  checks: [answerExact(['good'])],
})
