import { attempt, evidence, jsonExchange } from '../evidence/fixture.ts'
import { retryGapCheck } from './retry-gap.ts'
import { examples } from './testing/examples.ts'

const at = (...calls: [t: number, lane?: string][]) => evidence({ exchanges: [jsonExchange('a', {})], attempts: calls.map(([t, lane = 'primary'], i) => attempt('a', { id: `${i}`, t, lane, attempt: i + 1, status: 429 })) })
const headLate = (t: number, head: number) => {
  const { head: row, ...call } = attempt('a', { t, status: 429 })
  return { ...call, ...(row ? { head: { ...row, t: head } } : {}) }
}

examples(retryGapCheck, {
  params: { atLeastMs: 1000 },
  passes: {
    'one retry after the wait': at([0], [1000]),
    'the clock of a timer that fires a little early': at([0], [996]),
    'every retry waits': at([0], [1000], [2100]),
    'another upstream is asked at once, the same one later': at([0], [1, 'secondary'], [1200]),
  },
  fails: {
    'too early': [at([0], [400]), 'attempt 2 came 400 ms after the answer', ['a']],
    'the second retry too early': [at([0], [1000], [1100]), 'attempt 3 came 100 ms after the answer'],
    'counted from the request instead of the answer': [evidence({ exchanges: [jsonExchange('a', {})], attempts: [headLate(0, 300), attempt('a', { t: 1000, attempt: 2 })] }), 'attempt 2 came 700 ms after the answer'],
    'counted from the request of a call that ended without an answer': [
      evidence({ exchanges: [jsonExchange('a', {})], attempts: [attempt('a', { status: null, end: 'fin', endAt: 300 }), attempt('a', { t: 1000, attempt: 2 })] }), 'attempt 2 came 700 ms after the answer',
    ],
    'attempts with the same time': [at([5], [5]), /came 0 ms/],
    'no retry': [at([0]), '1 attempt(s), none of them a retry'],
    'only another upstream was asked': [at([0], [2000, 'secondary']), '2 attempt(s), none of them a retry'],
    'no upstream call': [at(), '0 attempt(s), none of them a retry'],
  },
})
