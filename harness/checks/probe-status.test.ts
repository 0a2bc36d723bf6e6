import { evidence } from '../evidence/fixture.ts'
import { probeStatusCheck } from './probe-status.ts'
import { examples } from './testing/examples.ts'

const probes = (...list: [path: string, status: number | null, ms: number][]) => evidence({ diary: list.map(([path, status, ms]) => ({ kind: 'probe', path, status, ms })) })

examples(probeStatusCheck, {
  params: { probe: 'live outage', anyOf: [200] },
  passes: {
    'the status, fast': probes(['live outage', 200, 3]),
    'the last of several answers counts': probes(['live outage', 503, 3], ['live outage', 200, 3]),
    'slow, where fast is not asked for': { evidence: probes(['ready lost', 503, 900]), params: { probe: 'ready lost', anyOf: [503], fast: false } },
  },
  fails: {
    'another status': [probes(['live outage', 503, 3]), '503 in 3 ms'],
    'slow': [probes(['live outage', 200, 101]), '200 in 101 ms'],
    'no answer': [probes(['live outage', null, 2000]), 'no answer in 2000 ms'],
    'it did not stay': [probes(['live outage', 200, 3], ['live outage', 500, 3]), '500 in 3 ms'],
  },
  unknown: { 'only other probes': [probes(['ready outage', 200, 3], ['live after', 200, 3]), 'no evidence'] },
})
