import { attempt, completion, errorBody, evidence, jsonExchange, streamExchange, word } from '../evidence/fixture.ts'
import { secretMark } from '../evidence/secrets.ts'
import { secretAbsentCheck } from './secret-absent.ts'
import { examples } from './testing/examples.ts'

const [callers, upstreams] = [secretMark('caller-key', 44), secretMark('upstream-key', 44)]
const knocks: [string, string][] = [['authorization', `Bearer ${callers}`]]
const calls = [attempt('a', { headers: [['authorization', `Bearer ${upstreams}`]] })]
const seen = (body: object | string, headers: [string, string][] = []) => evidence({ exchanges: [jsonExchange('a', body, { requestHeaders: knocks, headers })], attempts: calls })
const forwarded = (more: Parameters<typeof attempt>[1]) => evidence({ exchanges: [jsonExchange('a', {}, { requestHeaders: knocks })], attempts: [attempt('a', more)] })
const atUpstream = { secret: 'caller-key', at: 'upstream' } as const

examples(secretAbsentCheck, {
  params: { secret: 'upstream-key', at: 'caller' },
  passes: {
    'an answer without it': seen(completion('Hello.')),
    'the other secrets are not this one': seen(completion(`${callers} ${secretMark('upstream-address', 44)}`)),
    'the caller\'s own key, where the caller is': { evidence: seen(completion('Hello.')), params: { secret: 'caller-key', at: 'caller' } },
    'an upstream call without it': { evidence: forwarded({ headers: [['authorization', `Bearer ${upstreams}`]] }), params: atUpstream },
    'the control row shows it, the target does not': evidence({ exchanges: [jsonExchange('c', upstreams, { window: 'control' }), jsonExchange('a', {})], attempts: calls }),
  },
  fails: {
    'in an error message': [seen(errorBody(`Incorrect API key provided: ${upstreams}.`)), /^it is there: 200/, ['a']],
    'in a header': [seen({}, [['x-upstream-authorization', upstreams]]), /^it is there/],
    'in a stream': [evidence({ exchanges: [streamExchange('a', [word(upstreams)])], attempts: calls }), /^it is there/],
    'in two chunks': [evidence({ exchanges: [streamExchange('a', [{ raw: `data: "${upstreams.slice(0, 7)}` }, { raw: `${upstreams.slice(7)}"\n\n` }])], attempts: calls }), /^it is there/],
    'in an answer before the fault': [evidence({ exchanges: [jsonExchange('b', upstreams, { window: 'baseline' })], attempts: calls }), /^it is there/],
    'a text that must not be told': [{ evidence: seen(errorBody('connect ECONNREFUSED 10.0.0.7')), params: { secret: 'upstream-key', at: 'caller', text: '10.0.0.7' } }, /^it is there/],
    'the shortest one there is': [{ evidence: evidence({ exchanges: [jsonExchange('a', `connect ECONNREFUSED ${secretMark('upstream-address', 14)}`)], attempts: [attempt('a', { headers: [['host', secretMark('upstream-address', 14)]] })] }), params: { secret: 'upstream-address', at: 'caller' } }, /^it is there/],
    'in a header to the upstream': [{ evidence: forwarded({ headers: [['x-api-key', callers]] }), params: atUpstream }, 'it is in 1 of 1 call(s)', ['a']],
    'in a body to the upstream': [{ evidence: forwarded({ asks: { user: callers } }), params: atUpstream }, 'it is in 1 of 1 call(s)'],
    'in the path to the upstream': [{ evidence: forwarded({ path: `/v1/chat/completions?key=${callers}` }), params: atUpstream }, 'it is in 1 of 1 call(s)'],
    'in a call that lost its nonce': [{ evidence: evidence({ exchanges: [jsonExchange('a', {}, { requestHeaders: knocks })], attempts: [attempt(null, { headers: knocks })] }), params: atUpstream }, 'it is in 1 of 1 call(s)', []],
  },
  unknown: {
    'the upstream was never given the key': [evidence({ exchanges: [jsonExchange('a', {})], attempts: [attempt('a')] }), 'the secret was never seen in use'],
    'only another secret was seen in use': [{ evidence: seen({}), params: { secret: 'upstream-address', at: 'caller' } }, 'the secret was never seen in use'],
    'the caller never used the key': [{ evidence: evidence({ exchanges: [jsonExchange('a', {})], attempts: calls }), params: atUpstream }, 'the secret was never seen in use'],
    'the upstream was never asked': [{ evidence: evidence({ exchanges: [jsonExchange('a', {}, { requestHeaders: knocks })] }), params: atUpstream }, 'no evidence'],
  },
})
