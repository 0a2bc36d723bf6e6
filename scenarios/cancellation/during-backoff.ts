import { aliveAfter, attemptsBetween, defineScenario, send, upstreamStatus, upstreamStops, wait } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the caller leaves between two attempts',
  requirement: requirements['cancel.during-backoff'],
  features: ['chat', 'cancellation', 'retry', 'retry-after'],
  faults: [{ fault: upstreamStatus({ status: 429, retryAfter: '1' }) }],
  traffic: [send({ requests: 3, concurrency: 3, abort: { whenUpstream: 'failed' } }), wait(1300)],
  checks: [upstreamStops(), attemptsBetween(1, 1), aliveAfter()],
})
