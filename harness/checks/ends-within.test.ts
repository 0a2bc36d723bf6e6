import { Claims } from '../../schemas/claims.ts'
import { errorBody, evidence, jsonExchange, noAnswer, streamExchange, word } from '../evidence/fixture.ts'
import { timing } from '../timing.ts'
import { endsWithinCheck } from './ends-within.ts'
import { examples } from './testing/examples.ts'

const claims = { timeouts: { ...Claims.parse({}).timeouts, idleMs: 800 } }
const limit = 800 + timing.graceMs
const ended = (endAt: number, more: object = {}) => evidence({ claims, exchanges: [jsonExchange('a', errorBody(), { status: 504, endAt, ...more })] })
const stalled = (events: Parameters<typeof streamExchange>[1], endAt: number, more: object = {}) => evidence({ claims, exchanges: [streamExchange('a', events, { endAt, end: 'cut', ...more })] })
const words = [word('A'), { at: 100, send: word('B') }]
const lastWord = { budget: { claim: 'timeouts.idleMs' }, since: 'last-word' } as const

examples(endsWithinCheck, {
  params: { budget: { claim: 'timeouts.idleMs' } },
  passes: {
    'within the budget': ended(700),
    'at the last moment of the grace': ended(limit),
    'refused at once': evidence({ claims, exchanges: [noAnswer('a', 'refused', { endAt: 2 })] }),
    'so long after the last word': { evidence: stalled(words, 100 + limit), params: lastWord },
    'with an error event of its own just before the end': { evidence: stalled([...words, { at: 950, send: errorBody() }], 955, { end: 'complete' }), params: lastWord },
    'without a single word, after the head': { evidence: stalled([], 800), params: lastWord },
  },
  fails: {
    'too late': [ended(limit + 1), /^ended after 1201 ms; 504/, ['a']],
    'the caller gave up': [ended(700, { end: 'gave-up' }), /^it had not ended when the caller gave up/],
    'no end on record': [ended(0, { end: null }), /^it had not ended/],
    'the caller left': [ended(700, { end: 'aborted', abortedAt: 700 }), 'the caller left before the end'],
    'so long after the last word, and too late': [{ evidence: stalled(words, 101 + limit), params: lastWord }, /^ended after 1201 ms/],
    'kept alive by comments': [{ evidence: stalled([...words, { at: 1000, send: '' }, { raw: ': keep-alive\n\n' }], 5000), params: lastWord }, /^ended after 4900 ms/],
    'kept alive by empty deltas': [{ evidence: stalled([...words, { at: 4900, send: word('') }], 5000), params: lastWord }, /^ended after 4900 ms/],
    'one of two': [evidence({ claims, exchanges: [jsonExchange('a', {}), jsonExchange('b', {}, { endAt: 9000 })] }), /^1 of 2: ended after 9000 ms/, ['b']],
  },
  unknown: { 'no request with such a label': [{ evidence: ended(1), params: { budget: 1, labels: ['other'] } }, 'no evidence'] },
})
