import { evidence, jsonExchange } from '../evidence/fixture.ts'
import type { Headers } from '../evidence/types.ts'
import { limitRetryAfterCheck } from './limit-retry-after.ts'
import { examples } from './testing/examples.ts'

const claimed = (burst: number, perSecond: number) => ({ rateLimit: { burst, perSecond, shared: false, counters: 1, whenLost: 'open' as const, lostWithinMs: 100, backWithinMs: 1000 } })
/** One 429 for each value; null is none. */
const told = (values: (string | null)[], claims = claimed(5, 2)) =>
  evidence({ claims, exchanges: [jsonExchange('good', {}, { label: 'limited' }), ...values.map((value, i) => jsonExchange(`n${i}`, {}, { label: 'limited', status: 429, headers: value === null ? [] : ([['Retry-After', value]] satisfies Headers) }))] })

examples(limitRetryAfterCheck, {
  params: { labels: ['limited'] },
  passes: {
    'a second, which is the least there is': told(['1']),
    'as long as the limit takes to come back, rounded up': told(['3']),
    'a second for a limit that comes back sooner': told(['1'], claimed(1, 100)),
    'an hour for a limit of an hour': told(['3600'], claimed(60, 60 / 3600)),
    'none on an answer that is not refused': told(['1', '2']),
  },
  fails: {
    'none': [told(['1', null]), /^1 of 2: no Retry-After/, ['n1']],
    'longer than the limit takes': [told(['4']), 'Retry-After 4'],
    'a point in time': [told(['1763735000']), 'Retry-After 1763735000'],
    'a date': [told(['Fri, 21 Nov 2025 14:00:00 GMT']), /^Retry-After Fri/],
    'no time at all': [told(['0']), 'Retry-After 0'],
    'a fraction': [told(['0.5']), 'Retry-After 0.5'],
    'less than nothing': [told(['-1']), 'Retry-After -1'],
    'a unit': [told(['1s']), 'Retry-After 1s'],
  },
  unknown: { 'nobody was refused': [told([]), 'no evidence'] },
})
