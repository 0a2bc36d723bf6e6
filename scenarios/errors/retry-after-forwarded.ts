import { defineScenario, retryAfterForwarded, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'Retry-After reaches the caller',
  requirement: requirements['error.retry-after.forwarded'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 429, retryAfter: '30' }) }],
  traffic: {},
  checks: [statusIs(429), retryAfterForwarded(30)],
})
