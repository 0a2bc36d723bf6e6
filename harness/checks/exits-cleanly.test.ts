import { evidence } from '../evidence/fixture.ts'
import { exitsCleanlyCheck } from './exits-cleanly.ts'
import { examples } from './testing/examples.ts'

const exit = (t: number, detail: string, name = 'target') =>
  evidence({ claims: { drain: { deadlineMs: 1000 } }, diary: [{ kind: 'process', t: 100, name: 'target', event: 'signal', detail: 'SIGTERM' }, { kind: 'process', t, name, event: 'exit', detail }] })
const clean = '{"code":0,"signal":null}'

examples(exitsCleanlyCheck, {
  params: {},
  passes: { 'code 0 soon': exit(200, clean), 'code 0 at the deadline': exit(1100, clean) },
  fails: {
    'another code': [exit(200, '{"code":1,"signal":null}'), '{"code":1,"signal":null} after 100 ms'],
    'killed by the signal': [exit(200, '{"code":null,"signal":"SIGTERM"}'), /SIGTERM/],
    'still running': [exit(9000, 'still running after 4000 ms'), /^still running/],
    'code 0 long after the deadline': [exit(3100, clean), /after 3000 ms$/],
  },
  unknown: {
    'another process ended': [exit(200, clean, 'redis'), 'no evidence'],
    'nobody told it to exit': [evidence({ diary: [{ kind: 'process', name: 'target', event: 'exit', detail: clean }] }), 'no evidence'],
  },
})
