import { completion, errorBody, evidence, jsonExchange } from '../evidence/fixture.ts'
import type { Exchange, Headers } from '../evidence/types.ts'
import { limitHeadersCheck } from './limit-headers.ts'
import { examples } from './testing/examples.ts'

// Three at once, and one comes back every 500 ms.
const rateLimit = { burst: 3, perSecond: 2, shared: false, counters: 1, whenLost: 'open' as const, lostWithinMs: 100, backWithinMs: 1000 }
const usual = (limit: string, remaining: string, reset: string): Headers => [['X-RateLimit-Limit', limit], ['X-RateLimit-Remaining', remaining], ['X-RateLimit-Reset', reset]]
const openai = (limit: string, remaining: string, reset: string): Headers => [['x-ratelimit-limit-requests', limit], ['x-ratelimit-remaining-requests', remaining], ['x-ratelimit-reset-requests', reset]]
/** The head of a request that began at t comes at t + 5. */
const answer = (t: number, status: number, headers: Headers): Exchange => jsonExchange(`n${t}`, status === 200 ? completion('Hello.') : errorBody(), { label: 'count', t, status, headers })
const seen = (exchanges: Exchange[], more: object = {}) => evidence({ claims: { rateLimit: { ...rateLimit, ...more } }, exchanges })
const inTurn = (spell: typeof usual, resets: string[]) => [['2', 200], ['1', 200], ['0', 200], ['0', 429]].map(([remaining, status], i) => answer(i * 10, Number(status), spell('3', String(remaining), resets[i] ?? '')))
const first = (headers: Headers) => seen([answer(0, 200, headers)])
const DATE: Headers = [['Date', 'Fri, 21 Nov 2025 14:00:00 GMT']]
const AT = Date.UTC(2025, 10, 21, 14) / 1000

examples(limitHeadersCheck, {
  params: { labels: ['count'] },
  passes: {
    'the usual names': seen(inTurn(usual, ['1', '1', '2', '2'])),
    'those of OpenAI, with Go durations': seen(inTurn(openai, ['500ms', '1s', '1.5s', '1.49s'])),
    'both': seen([answer(0, 200, [...usual('3', '2', '1'), ...openai('3', '2', '0.5s')])]),
    'a reset as a point in time': first([...usual('3', '2', String(AT + 2)), ...DATE]),
    'some came back meanwhile': seen([answer(0, 200, usual('3', '2', '1')), answer(495, 200, usual('3', '2', '1')), answer(995, 200, usual('3', '1', '1'))]),
    'a window, of which nothing came back yet': seen([answer(0, 200, usual('3', '2', '1')), answer(995, 200, usual('3', '1', '1'))]),
    'more was let in than is left, which is for another check': seen([...inTurn(usual, ['1', '1', '2', '2']), answer(50, 200, usual('3', '0', '2'))]),
    'two that count for themselves': seen([answer(0, 200, usual('3', '2', '1')), answer(10, 200, usual('3', '2', '1')), answer(20, 200, usual('3', '1', '1'))], { counters: 2 }),
  },
  fails: {
    'none': [first([]), 'no X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset on a 200'],
    'none on a 429': [seen([...inTurn(usual, ['1', '1', '2']).slice(0, 3), answer(30, 429, [])]), /^1 of 4: no X-RateLimit-Limit.* on a 429$/, ['n30']],
    'no reset': [first(usual('3', '2', '1').slice(0, 2)), 'no X-RateLimit-Reset on a 200'],
    'another limit': [first(usual('4', '2', '1')), 'X-RateLimit-Limit 4 on a 200, 1 let in so far'],
    'two limits': [first([...usual('3', '2', '1'), ...openai('60', '2', '1s')]), 'X-RateLimit-Limit 60 on a 200, 1 let in so far'],
    'what is left before the request': [first(usual('3', '3', '1')), 'X-RateLimit-Remaining 3 on a 200, 1 let in so far'],
    'it does not fall': [seen([answer(0, 200, usual('3', '2', '1')), answer(10, 200, usual('3', '2', '1'))]), /^1 of 2: X-RateLimit-Remaining 2/, ['n10']],
    'it falls too fast': [first(usual('3', '1', '1')), 'X-RateLimit-Remaining 1 on a 200, 1 let in so far'],
    'more came back than can have': [seen([answer(0, 200, usual('3', '2', '1')), answer(494, 200, usual('3', '2', '1'))]), /^1 of 2: X-RateLimit-Remaining 2/],
    'less than nothing': [seen([...inTurn(usual, ['1', '1', '2']).slice(0, 3), answer(30, 429, usual('3', '-1', '2'))]), /X-RateLimit-Remaining -1 on a 429/],
    'something left, and refused': [seen([answer(0, 429, usual('3', '1', '1'))]), 'X-RateLimit-Remaining 1 on a 429, 0 let in so far'],
    'a fraction left': [first(usual('3', '2.0', '1')), /^X-RateLimit-Remaining 2.0/],
    'a reset long after the limit is whole': [first(usual('3', '2', '60')), 'X-RateLimit-Reset 60 on a 200, 1 let in so far'],
    'a reset long after, as a duration': [first(openai('3', '2', '1m0s')), /^X-RateLimit-Reset 1m0s/],
    'a point in time long after': [first([...usual('3', '2', String(AT + 60)), ...DATE]), /^X-RateLimit-Reset \d+ on a 200/],
    'a reset that is none': [first(usual('3', '2', 'soon')), /^X-RateLimit-Reset soon/],
    'another answer': [seen([answer(0, 500, usual('3', '2', '1'))]), /^500/],
  },
})
