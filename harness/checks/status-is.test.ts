import { evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import { statusIsCheck } from './status-is.ts'
import { examples } from './testing/examples.ts'

const got = (...statuses: number[]) => evidence({ exchanges: statuses.map((status, i) => jsonExchange(`a${i}`, {}, { status })) })

examples(statusIsCheck, {
  params: { anyOf: [502, 503] },
  passes: { 'either of them': got(502, 503), 'only the labels that are asked for': { evidence: evidence({ exchanges: [jsonExchange('a', {}, { status: 502, label: 'bad' }), jsonExchange('b', {})] }), params: { anyOf: [502], labels: ['bad'] } } },
  fails: {
    'another status': [got(500), '500, {}', ['a0']],
    'one of several': [got(502, 200, 503), '1 of 3: 200, {}', ['a1']],
    'no answer': [evidence({ exchanges: [noAnswer('a', 'refused')] }), 'no answer, refused'],
  },
  unknown: { 'no request with such a label': [{ evidence: got(502), params: { anyOf: [502], labels: ['other'] } }, 'no evidence'] },
})
