import { expect, test } from 'vitest'
import { attempt, completion, errorBody, evidence, jsonExchange } from '../evidence/fixture.ts'
import { limitPaceCheck } from './limit-pace.ts'
import { examples } from './testing/examples.ts'

// Two at once, and both come back within a second.
const rateLimit = { burst: 2, perSecond: 2, shared: false, counters: 1, whenLost: 'open' as const, lostWithinMs: 100, backWithinMs: 1000 }
/** Requests at these times, of which those at `admitted` are let in. */
const hammer = (times: number[], admitted: number[], status = 429) =>
  evidence({
    claims: { rateLimit },
    exchanges: times.map((t) => (admitted.includes(t) ? jsonExchange(`n${t}`, completion('Hello.'), { label: 'hammer', t }) : jsonExchange(`n${t}`, errorBody(), { label: 'hammer', t, status }))),
    attempts: admitted.map((t) => attempt(`n${t}`, { t: t + 1 })),
  })
const every = (ms: number, until: number) => Array.from({ length: until / ms + 1 }, (_, i) => i * ms)
const times = every(100, 2200)

examples(limitPaceCheck, {
  params: { labels: ['hammer'] },
  passes: {
    'a bucket: one after the other': hammer(times, [0, 100, 500, 1000, 1500, 2000]),
    'a window: all at once, when it is over': hammer(times, [0, 100, 1000, 1100, 2000, 2100]),
    'a window that is approximated': hammer(times, [0, 100, 1500, 2000]),
  },
  fails: {
    'refused requests are counted': [hammer(times, [0, 100, 500]), '3 let in, 20 refused'],
    'nobody gets in again': [hammer(times, [0, 100]), '2 let in, 21 refused', ['n2000', 'n2100', 'n2200']],
    'more than comes back': [hammer(times, times.slice(0, 8)), '8 let in, 15 refused'],
    'no limit at all': [hammer(times, times), '23 let in, 0 refused'],
    'another refusal': [hammer(times, [0, 100, 500, 1000], 500), /^19 of 23: 500/],
  },
  unknown: {
    'not long enough': [hammer(every(100, 1900), [0, 100, 500, 1000]), /^asked for a shorter time/],
    'the harness paused': [hammer([...every(100, 1000), ...every(100, 1000).map((t) => t + 1501)], [0, 100, 500, 1000]), 'the harness paused for 501 ms'],
  },
})

test('a pause of the harness is measured again', () => {
  expect(limitPaceCheck.judge(hammer([...every(100, 1000), ...every(100, 1000).map((t) => t + 1501)], [0]), { labels: ['hammer'] }).again).toBe(true)
})
