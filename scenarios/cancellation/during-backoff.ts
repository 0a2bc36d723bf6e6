import { aliveAfter, attemptsBetween, defineScenario, upstreamStatus, upstreamStops } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the caller leaves between two attempts',
  requirement: requirements['cancel.during-backoff'],
  features: ['chat', 'cancellation', 'retry', 'retry-after'],
  faults: [{ at: 'before', fault: upstreamStatus({ status: 429, retryAfter: '1' }) }],
  traffic: { requests: 3, concurrency: 3, abort: { whenUpstream: 'failed' } },
  checks: [upstreamStops(), attemptsBetween(1, 1), aliveAfter()],
})
