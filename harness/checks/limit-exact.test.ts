import { expect, test } from 'vitest'
import { attempt, completion, errorBody, evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import type { Feature } from '../../schemas/claims.ts'
import type { Attempt, Evidence, Exchange } from '../evidence/types.ts'
import { limitExactCheck } from './limit-exact.ts'
import { examples } from './testing/examples.ts'

// Two at once, and one comes back every 500 ms.
const rateLimit = { burst: 2, perSecond: 2, window: 'sliding' as const, shared: false, counters: 1, whenLost: 'open' as const, lostWithinMs: 100, backWithinMs: 1000 }
const letIn = (nonce: string, t: number, askedAt = t + 1): [Exchange, Attempt] => [jsonExchange(nonce, completion('Hello.'), { label: 'burst', t }), attempt(nonce, { t: askedAt })]
const refused = (nonce: string, t: number, more: object = {}): [Exchange] => [jsonExchange(nonce, errorBody(), { label: 'burst', t, status: 429, ...more })]
const burst = (...records: ([Exchange] | [Exchange, Attempt])[]) =>
  evidence({ claims: { rateLimit }, exchanges: records.map(([x]) => x), attempts: records.flatMap(([, a]) => (a === undefined ? [] : [a])) })
const lagging = (ms: number, features: Feature[], found: Evidence): Evidence => ({ ...found, claims: { ...found.claims, features }, diary: [{ kind: 'lag', t: 0, ms }] })
const others = [refused('x', 0), refused('y', 0), refused('z', 0)]
const many = (count: number, prefix: string, make: (nonce: string) => [Exchange] | [Exchange, Attempt]) => Array.from({ length: count }, (_, i) => make(`${prefix}${i}`))
const big = (admitted: number, lastAt: number) => ({ ...burst(...many(admitted, 'a', (nonce) => letIn(nonce, 0, nonce === `a${admitted - 1}` ? lastAt : 1)), ...many(30, 'r', (nonce) => refused(nonce, 0))), claims: { ...burst().claims, rateLimit: { ...rateLimit, burst: 20 } } })

examples(limitExactCheck, {
  params: { labels: ['burst'] },
  passes: {
    'exactly the burst': burst(letIn('a', 0), letIn('b', 0), ...others),
    'exactly the burst, however slow the harness was': burst(letIn('a', 0), letIn('b', 2000), ...others),
    'one in twenty more, which may have come back meanwhile': big(21, 500),
    'two counters, each of which lets a burst in': { ...burst(letIn('a', 0), letIn('b', 0), letIn('c', 0), letIn('d', 0), ...others), claims: { ...burst().claims, rateLimit: { ...rateLimit, counters: 2 } } },
    'other labels do not count': burst(letIn('a', 0), letIn('b', 0), ...others, [jsonExchange('q', completion('Hello.'), { label: 'other' }), attempt('q')]),
  },
  fails: {
    'one more than the burst': [burst(letIn('a', 0), letIn('b', 0), letIn('c', 0, 499), ...others), '3 let in, 3 refused', ['a', 'b', 'c']],
    'more than can have come back': [burst(letIn('a', 0), letIn('b', 0), letIn('c', 0), letIn('d', 0, 999), ...others), '4 let in, 3 refused'],
    'one more of twenty, before it came back': [big(21, 499), '21 let in, 30 refused'],
    'one more, while the harness lagged a little': [lagging(99, ['rate-limit.redis'], burst(letIn('a', 0), letIn('b', 0), letIn('c', 0), ...others)), '3 let in, 3 refused'],
    'one more, while the harness lagged, of a count without a store': [lagging(900, ['rate-limit'], burst(letIn('a', 0), letIn('b', 0), letIn('c', 0), ...others)), '3 let in, 3 refused'],
    'too few, while the harness lagged': [lagging(900, ['rate-limit.redis'], burst(letIn('a', 0), ...others)), '1 let in, 3 refused'],
    'fewer than the burst': [burst(letIn('a', 0), refused('b', 0), ...others), '1 let in, 4 refused'],
    'nobody': [burst(...others), '0 let in, 3 refused'],
    'two counters that share, and let a burst in each': [{ ...burst(letIn('a', 0), letIn('b', 0), letIn('c', 0), letIn('d', 0), ...others), claims: { ...burst().claims, rateLimit: { ...rateLimit, counters: 2, shared: true } } }, '4 let in, 3 refused'],
    'a refused request that reached the upstream': [burst(letIn('a', 0), letIn('b', 0), [...refused('x', 0), attempt('x')] as [Exchange, Attempt], refused('y', 0)), /^1 of 4: 429, and 1 upstream call\(s\)/, ['x']],
    'another refusal': [burst(letIn('a', 0), letIn('b', 0), refused('x', 0, { status: 503 })), /^1 of 3: 503/, ['x']],
    'a refusal without the error object': [burst(letIn('a', 0), letIn('b', 0), [jsonExchange('x', { message: 'no' }, { label: 'burst', status: 429 })]), /^1 of 3: .*error/, ['x']],
    'a 200 that nobody gave': [burst(letIn('a', 0), [letIn('b', 0)[0]], ...others), '1 of 5: 200 without a call to the upstream', ['b']],
    'no answer': [burst(letIn('a', 0), letIn('b', 0), [noAnswer('x', 'reset', { label: 'burst' })]), /^1 of 3: no answer, reset/, ['x']],
  },
  unknown: {
    'one more than the burst, which may have come back meanwhile': [burst(letIn('a', 0), letIn('b', 0), letIn('c', 0, 500), ...others), 'the harness took 500 ms to send a burst'],
    'one more, while the machine was too busy for any store': [lagging(100, ['rate-limit.redis'], burst(letIn('a', 0), letIn('b', 0), letIn('c', 0), ...others)), 'the harness lagged by 100 ms'],
    'too few requests': [burst(letIn('a', 0), letIn('b', 0)), 'too few requests to meet the limit'],
    'no request with the label': [evidence({ exchanges: [jsonExchange('a', {})] }), 'no evidence'],
  },
})

test('only a slow harness is measured again', () => {
  const again = (e: ReturnType<typeof burst>) => limitExactCheck.judge(e, { labels: ['burst'] }).again
  expect(again(burst(letIn('a', 0), letIn('b', 0), letIn('c', 0, 500), ...others))).toBe(true)
  expect(again(burst(letIn('a', 0), letIn('b', 0)))).toBe(false)
})
