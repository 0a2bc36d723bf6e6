import { expect, test } from 'vitest'
import { evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import { limitReachedCheck } from './limit-reached.ts'
import { examples } from './testing/examples.ts'

// One at once, and one comes back every 500 ms.
const claims = { rateLimit: { burst: 1, perSecond: 2, shared: false, counters: 1, whenLost: 'open' as const, lostWithinMs: 100, backWithinMs: 1000 } }
const answered = (...answers: [t: number, status: number][]) => evidence({ claims, exchanges: answers.map(([t, status], i) => jsonExchange(`n${i}`, {}, { label: 'limited', t, status })) })

examples(limitReachedCheck, {
  params: { labels: ['limited'] },
  passes: {
    'the last one is refused': answered([0, 200], [10, 429]),
    'all are': answered([0, 429], [10, 429]),
    'one is, although they were asked slowly': answered([0, 200], [900, 429]),
  },
  fails: {
    'nobody is': [answered([0, 200], [499, 200]), '0 of 2 refused', ['n0', 'n1']],
    'refused in other ways': [answered([0, 503], [10, 401]), '0 of 2 refused'],
    'one is answered, the other has failed': [answered([0, 200], [900, 500]), '0 of 2 refused'],
    'no answer': [evidence({ claims, exchanges: [noAnswer('a', 'gave-up', { label: 'limited' })] }), '0 of 1 refused', ['a']],
  },
  unknown: {
    'asked so slowly that each came back': [answered([0, 200], [500, 200]), 'asked too slowly, for 500 ms, to meet the limit'],
    'another label was refused': [evidence({ exchanges: [jsonExchange('a', {}, { status: 429 })] }), 'no evidence'],
  },
})

test('asked too slowly is measured again', () => {
  expect(limitReachedCheck.judge(answered([0, 200], [500, 200]), { labels: ['limited'] }).again).toBe(true)
})
