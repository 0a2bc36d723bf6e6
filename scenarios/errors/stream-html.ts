import { aliveAfter, defineScenario, errorEnvelope, upstreamStatus } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'upstream answers a stream with an HTML page',
  requirement: requirements['error.html-upstream'],
  features: ['chat.stream'],
  faults: [{ fault: upstreamStatus({ status: 200, body: { text: '<!doctype html><p>Bad gateway</p>', type: 'text/html' } }) }],
  traffic: { stream: true },
  checks: [errorEnvelope([500, 502, 503]), aliveAfter()],
})
