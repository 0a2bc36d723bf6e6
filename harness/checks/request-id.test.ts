import { errorBody, evidence, jsonExchange, noAnswer, streamExchange, wholeStream } from '../evidence/fixture.ts'
import { requestIdCheck } from './request-id.ts'
import { examples } from './testing/examples.ts'

type Headers = [string, string][]
const type: [string, string] = ['content-type', 'application/json']
const json = (nonce: string, asked: Headers, got: Headers, more: Parameters<typeof jsonExchange>[2] = {}) => jsonExchange(nonce, errorBody(), { requestHeaders: asked, headers: [type, ...got], ...more })
const of = (...exchanges: ReturnType<typeof json>[]) => evidence({ exchanges })
const own: Headers = [['x-request-id', 'r1']]

examples(requestIdCheck, {
  params: {},
  passes: {
    "the caller's own": of(json('a', own, [['X-Request-ID', 'r1']])),
    'in an error': of(json('a', own, own, { status: 502 })),
    'in a stream': of(streamExchange('a', wholeStream('A'), { requestHeaders: own, headers: [['content-type', 'text/event-stream'], ...own] })),
    'one of its own making for each caller without': of(json('a', [], [['x-request-id', 'u1']]), json('b', [], [['x-request-id', 'u2']])),
    "a caller's own that two requests have": of(json('a', own, own), json('b', own, own)),
    'in an answer that was cut later': of(json('a', own, own, { end: 'cut' })),
    'only the labels that are asked for': { evidence: of(json('a', own, [], { label: 'other' }), json('b', own, own)), params: { labels: ['request'] } },
  },
  fails: {
    'none': [of(json('a', own, [])), /^no X-Request-ID; 200/, ['a']],
    'an empty one': [of(json('a', own, [['x-request-id', '']])), /^no X-Request-ID/],
    'two': [of(json('a', own, [...own, ['x-request-id', 'up-1']])), /^2 X-Request-ID/],
    'another than the caller gave': [of(json('a', own, [['x-request-id', 'u1']])), 'X-Request-ID "u1" for "r1"'],
    'the same for two callers without': [of(json('a', [], own), json('b', [], own)), '1 of 2: X-Request-ID "r1", which a got too', ['b']],
    'missing in one of three': [of(json('a', own, own), json('b', own, []), json('c', own, own)), /^1 of 3: no/, ['b']],
    'no answer': [of(noAnswer('a', 'reset', { requestHeaders: own })), 'no answer, reset'],
  },
})
