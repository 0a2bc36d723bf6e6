import { attempt, evidence, jsonExchange } from '../evidence/fixture.ts'
import { headersAbsentCheck } from './headers-absent.ts'
import { examples } from './testing/examples.ts'

const sent = (...calls: [string, string][][]) => evidence({ exchanges: [jsonExchange('a', {})], attempts: calls.map((headers, i) => attempt('a', { attempt: i + 1, t: i, headers })) })

examples(headersAbsentCheck, {
  params: { names: ['te', 'keep-alive'] },
  passes: {
    'other headers only': sent([['Host', 'x'], ['Connection', 'keep-alive']]),
    'a name that begins alike': sent([['TE-Extra', '1']]),
    'in no attempt': sent([], []),
  },
  fails: {
    'one of them, in capitals': [sent([['TE', 'trailers']]), 'TE: trailers', ['a']],
    'in the second attempt': [sent([], [['Keep-Alive', 'timeout=5']]), 'Keep-Alive: timeout=5'],
    'the upstream was never asked': [sent(), 'the upstream was never asked'],
  },
})
