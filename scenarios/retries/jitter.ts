import { defineScenario, retrySpread, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'callers who fail together do not come back together',
  requirement: requirements['retry.jitter.spread'],
  features: ['chat', 'retry'],
  faults: [{ fault: upstreamStatus({ status: 429, times: 1 }) }],
  traffic: { requests: 24, concurrency: 2 },
  checks: [retrySpread()],
})
