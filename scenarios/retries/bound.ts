import { aliveAfter, attemptsAtMost, defineScenario, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'a failing upstream is called a bounded number of times',
  requirement: requirements['retry.budget.no-storm'],
  features: ['chat', 'retry'],
  faults: [{ fault: upstreamStatus({ status: 503 }) }],
  traffic: { requests: 10, concurrency: 10 },
  checks: [attemptsAtMost({ claim: 'retry.retries', plus: 1 }), statusIs([500, 502, 503]), aliveAfter()],
  race: 'the callers race for the breaker',
})
