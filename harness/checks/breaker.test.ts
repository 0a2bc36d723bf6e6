import { attempt, errorBody, evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import type { Attempt, Exchange } from '../evidence/types.ts'
import { breakerOpensCheck, probesAtMostCheck, shedsFastCheck } from './breaker.ts'
import { examples } from './testing/examples.ts'

const claims = { breaker: { failures: 3, cooldownMs: 1000, probes: 1 } }
const refused = (nonce: string, t: number, more: object = {}): Exchange => jsonExchange(nonce, errorBody(), { label: 'trip', t, status: 503, ...more })
const failing = (nonce: string, t: number, number = 1): Attempt => attempt(nonce, { t, attempt: number, status: 503 })
const calm = [refused('a', 0), refused('b', 100), refused('c', 200)]
const two = [failing('a', 1), failing('a', 2, 2), failing('b', 101)]

examples(breakerOpensCheck, {
  params: { label: 'trip' },
  passes: {
    'the claimed number of calls, then none': evidence({ claims, exchanges: calm, attempts: two }),
    'a second lane that is asked all the time': evidence({ claims, exchanges: calm, attempts: [...two, attempt('c', { lane: 'secondary', t: 201 })] }),
  },
  fails: {
    'it opens too late': [evidence({ claims, exchanges: [...calm, refused('d', 300)], attempts: [...two, failing('c', 201)] }), '4 upstream calls for 4 requests, 1 shed'],
    'it opens too early': [evidence({ claims, exchanges: calm, attempts: two.slice(0, 2) }), '2 upstream calls for 3 requests, 2 shed'],
    'it never opens': [evidence({ claims, exchanges: calm, attempts: [failing('a', 1), failing('b', 101), failing('c', 201)] }), '3 upstream calls for 3 requests, 0 shed'],
    'it sheds first and calls afterwards': [evidence({ claims, exchanges: calm, attempts: [failing('b', 101), failing('c', 201), failing('c', 202, 2)] }), /, 0 shed$/],
    'the target fell over instead': [evidence({ claims, exchanges: [...calm.slice(0, 2), noAnswer('c', 'refused', { label: 'trip', t: 200 })], attempts: two }), /, 0 shed$/],
  },
  unknown: { 'no request with the label': [evidence({ claims, exchanges: [jsonExchange('a', {})] }), 'no evidence'] },
})

const shed = (more: object, attempts: Attempt[] = []) => evidence({ exchanges: [jsonExchange('a', errorBody(), { label: 'shed', status: 503, ...more })], attempts })

examples(shedsFastCheck, {
  params: { label: 'shed' },
  passes: { '503 at once': shed({}), '429 at once': shed({ status: 429 }), '503 at the limit': shed({ endAt: 150 }) },
  fails: {
    'an upstream call': [shed({}, [attempt('a')]), '1 upstream call(s)'],
    'a call on the second lane': [shed({}, [attempt('a', { lane: 'secondary' })]), '1 upstream call(s)'],
    'another status': [shed({ status: 500 }), /^500/],
    'too slow': [shed({ endAt: 151 }), '151 ms'],
    'no end': [shed({ end: null }), 'Infinity ms'],
    'no answer': [evidence({ exchanges: [noAnswer('a', 'gave-up', { label: 'shed' })] }), /^no answer/],
  },
})

const herd = (nonce: string, status = 503) => jsonExchange(nonce, {}, { label: 'herd', status, t: 1000 })
const probe = (nonce: string, t: number, headAt: number | null): Attempt => {
  const { head, ...rest } = attempt(nonce, { t, endAt: headAt ?? t, end: headAt === null ? null : 'complete' })
  return headAt === null || !head ? rest : { ...rest, head: { ...head, t: headAt } }
}

examples(probesAtMostCheck, {
  params: { label: 'herd' },
  passes: {
    'one probe, the others shed': evidence({ claims, exchanges: [herd('a', 200), herd('b'), herd('c')], attempts: [probe('a', 1001, 1300)] }),
    'as many as claimed': evidence({ claims: { breaker: { ...claims.breaker, probes: 2 } }, exchanges: [herd('a', 200), herd('b', 200)], attempts: [probe('a', 1001, 1300), probe('b', 1001, 1300)] }),
    'others come once the probe has closed the breaker': evidence({ claims, exchanges: [herd('a', 200), herd('b', 200)], attempts: [probe('a', 1001, 1300), probe('b', 1310, 1610)] }),
  },
  fails: {
    'the herd gets through': [evidence({ claims, exchanges: [herd('a'), herd('b'), herd('c')], attempts: [probe('a', 1001, 1300), probe('b', 1001, 1300), probe('c', 1299, 1600)] }), '3 upstream calls for 3 requests', ['a', 'b', 'c']],
    'all at one time, none answered': [evidence({ claims, exchanges: [herd('a'), herd('b')], attempts: [probe('a', 1001, null), probe('b', 1001, null)] }), /^2 upstream calls/],
    'no probe at all': [evidence({ claims, exchanges: [herd('a')] }), 'no probe: the breaker never left the open state', ['a']],
    'callers are left hanging': [evidence({ claims, exchanges: [herd('a', 200), noAnswer('b', 'gave-up', { label: 'herd' })], attempts: [probe('a', 1001, 1300)] }), /^1 of 2 requests had no answer: no answer, gave-up/, ['b']],
  },
  unknown: { 'calls for other labels': [evidence({ claims, exchanges: [jsonExchange('a', {}, { label: 'trip' })], attempts: [attempt('a')] }), 'no evidence'] },
})
