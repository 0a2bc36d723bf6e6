import { answerExact, defineScenario, exited, exitsCleanly, join, noUpstreamCall, probe, probeStatus, send, shapeStream, signal } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'SIGTERM with live streams',
  requirement: requirements['drain.streams-finish'],
  features: ['chat.stream', 'drain', 'health'],
  needs: ['launch'],
  faults: [{ fault: shapeStream({ pauseMs: 60 }) }],
  traffic: [
    send({ label: 'live', stream: true, requests: 5, concurrency: 5, background: true, untilEvents: 2 }),
    signal('SIGTERM'),
    probe('ready', 'draining', 503),
    send({ label: 'late' }),
    join(),
    exited(),
  ],
  checks: [answerExact(['live']), probeStatus('ready draining', 503, { fast: false }), noUpstreamCall(['late']), exitsCleanly()],
})
