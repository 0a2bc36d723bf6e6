import { defineScenario, requestId, send, statusIs, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'every answer carries the id of its request',
  requirement: requirements['core.request.id'],
  features: ['chat', 'chat.stream', 'auth', 'request-id'],
  faults: [{ labels: ['failed'], fault: upstreamStatus({ status: 500 }) }],
  traffic: [
    send({ label: 'json' }),
    send({ label: 'stream', stream: true }),
    send({ label: 'without', headers: { 'x-request-id': '' }, requests: 2 }),
    send({ label: 'malformed', raw: '{"model": "{model}", ' }),
    send({ label: 'no-key', auth: 'none' }),
    send({ label: 'failed' }),
  ],
  checks: [requestId(), statusIs(200, ['json', 'stream', 'without'])],
})
