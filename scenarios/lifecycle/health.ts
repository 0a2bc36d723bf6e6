import { defineScenario, heal, probe, probeStatus, send, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'liveness and readiness tell the truth',
  requirement: requirements['health.truth'],
  features: ['chat', 'health'],
  faults: [{ labels: ['outage'], fault: upstreamStatus({ status: 503 }) }],
  traffic: [
    probe('ready', 'before'),
    send({ label: 'outage', requests: { claim: 'breaker.failures' } }),
    probe('live', 'outage'),
    heal(),
    probe('live', 'after'),
  ],
  checks: [probeStatus('ready before', 200), probeStatus('live outage', 200), probeStatus('live after', 200)],
})
