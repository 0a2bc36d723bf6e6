import { aliveAfter, defineScenario, heal, probe, probeStatus, refuseConnections } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'readiness follows a dependency',
  requirement: requirements['health.ready-follows-redis'],
  features: ['health', 'health.redis'],
  faults: [{ fault: refuseConnections('redis') }],
  traffic: [probe('ready', 'lost', 503), probe('live', 'lost'), heal(), probe('ready', 'back', 200)],
  checks: [
    probeStatus('ready lost', 503, { fast: false }),
    probeStatus('live lost', 200),
    probeStatus('ready back', 200, { fast: false }),
    aliveAfter(),
  ],
  needs: ['redis'],
})
