import { answerExact, defineScenario, doneOnce, exited, exitsCleanly, join, probe, probeStatus, send, shapeStream, signal } from '../../harness/index.ts'
import { requirements } from '../requirements.ts'

export default defineScenario({
  title: 'SIGTERM with live streams',
  requirement: requirements['drain.streams-finish'],
  features: ['chat.stream', 'drain', 'health'],
  faults: [{ at: 'before', fault: shapeStream({ pauseMs: 50 }) }],
  traffic: [
    send({ label: 'live', stream: true, requests: 5, concurrency: 5, background: true, untilEvents: 2 }),
    signal('SIGTERM'),
    probe('ready', 'draining', 503),
    join(),
    exited(),
  ],
  checks: [answerExact(['live']), doneOnce(), probeStatus('ready draining', 503, { fast: false }), exitsCleanly()],
  needs: ['launch'],
})
