import { defineScenario, secretAbsent, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

const tellsTheKey = { text: '{"error":{"message":"Incorrect API key provided: {key}.","type":"server_error","param":null,"code":null}}', type: 'application/json' }

export default defineScenario({
  title: 'the key of the upstream stays away from the caller',
  requirement: requirements['core.auth.upstream-key-not-leaked'],
  features: ['chat'],
  faults: [{ fault: upstreamStatus({ status: 500, body: tellsTheKey }) }],
  traffic: { requests: 2 },
  checks: [secretAbsent('upstream-key', 'caller'), statusIs([500, 502, 503])],
})
