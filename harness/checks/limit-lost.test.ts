import { attempt, completion, errorBody, evidence, jsonExchange } from '../evidence/fixture.ts'
import type { Attempt, Exchange } from '../evidence/types.ts'
import { limitLostCheck } from './limit-lost.ts'
import { examples } from './testing/examples.ts'

type Policy = 'open' | 'closed' | 'local'
const letIn = (nonce: string, endAt = 10): [Exchange, Attempt] => [jsonExchange(nonce, completion('Hello.'), { label: 'lost', endAt }), attempt(nonce)]
const refused = (nonce: string, status = 429): [Exchange] => [jsonExchange(nonce, errorBody(), { label: 'lost', status })]
const seen = (whenLost: Policy, records: ([Exchange] | [Exchange, Attempt])[], more: object = {}, lag = 0) =>
  evidence({
    diary: [{ kind: 'lag', ms: lag }],
    claims: { rateLimit: { burst: 2, perSecond: 2, shared: true, counters: 1, whenLost, lostWithinMs: 100, backWithinMs: 1000, ...more } },
    exchanges: records.map(([x]) => x), attempts: records.flatMap(([, a]) => (a === undefined ? [] : [a])),
  })
const two = [letIn('a'), letIn('b')]
const four = [...two, letIn('c'), letIn('d')]

examples(limitLostCheck, {
  params: { labels: ['lost'] },
  passes: {
    'open: everybody': seen('open', four),
    'closed: nobody': seen('closed', [refused('a', 503), refused('b')]),
    'local: a burst': seen('local', [...two, refused('x'), refused('y')]),
    'in time': seen('open', [letIn('a', 500)]),
    'in time, but for the lag of the harness': seen('open', [letIn('a', 899)], {}, 399),
    'local: a burst for each of two replicas, or for one that was asked alone': seen('local', [...two, letIn('c'), refused('x'), refused('y')], { counters: 2 }),
  },
  fails: {
    'open, and somebody is refused': [seen('open', [...two, refused('x')]), /^1 of 3: 429/, ['x']],
    'open, and somebody gets a 200 that nobody gave': [seen('open', [...two, [letIn('c')[0]]]), '1 of 3: 200 without a call to the upstream', ['c']],
    'closed, and somebody is let in': [seen('closed', [refused('x'), letIn('a')]), /^1 of 2: 200/, ['a']],
    'closed, after the upstream was asked': [seen('closed', [refused('x'), [...refused('y'), attempt('y')] as [Exchange, Attempt]]), /^1 of 2: 429, and 1 upstream call/, ['y']],
    'closed by a failure of its own': [seen('closed', [refused('x', 500), refused('y')]), /^1 of 2: 500/, ['x']],
    'open, and late': [seen('open', [letIn('a', 501), letIn('b')]), /^1 of 2: after 501 ms: 200/, ['a']],
    'open, and later than the harness lagged': [seen('open', [letIn('a', 900)], {}, 399), /^after 900 ms: 200/, ['a']],
    'without an end': [seen('open', [[jsonExchange('a', completion('Hello.'), { label: 'lost', end: null }), attempt('a')]]), /^200/, ['a']],
    'local, and late': [seen('local', [letIn('a', 501), letIn('b'), refused('x')]), /^1 of 3: after 501 ms/, ['a']],
    'local, and everybody is let in': [seen('local', four), /^4 let in/],
    'local, and nobody is': [seen('local', [refused('a', 429), refused('b'), refused('x')]), '0 let in, 3 refused'],
    'local, and refused with 503': [seen('local', [...two, refused('x', 503)]), /^1 of 3: 503/, ['x']],
  },
  unknown: {
    'local, and too few requests': [seen('local', two), 'too few requests to meet the limit'],
    'the harness lagged so much that late is not late': [seen('open', [letIn('a', 700)], {}, 401), 'the harness lagged by 401 ms'],
  },
})
