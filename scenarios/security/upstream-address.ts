import { defineScenario, refuseConnections, secretAbsent } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'the address of the upstream stays away from the caller',
  requirement: requirements['core.auth.upstream-address-not-leaked'],
  features: ['chat'],
  faults: [{ fault: refuseConnections() }],
  traffic: { requests: 2 },
  checks: [secretAbsent('upstream-address', 'caller')],
})
