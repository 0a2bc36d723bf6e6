import { attempt, completion, evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import { aliveAfterCheck } from './alive-after.ts'
import { examples } from './testing/examples.ts'

const window = 'recovery'
const upstream = (nonce: string) => attempt(nonce, { body: completion('r0 r1 r2 Hello.') })

examples(aliveAfterCheck, {
  params: {},
  passes: {
    'the upstream\'s answer at once': evidence({ exchanges: [jsonExchange('r0', completion('r0 r1 r2 Hello.'), { window })], attempts: [upstream('r0')] }),
    'after refusals within the cool-down': evidence({
      exchanges: [jsonExchange('r0', '', { window, status: 503 }), noAnswer('r1', 'reset', { window, t: 500 }), jsonExchange('r2', completion('r0 r1 r2 Hello.'), { window, t: 1000 })], attempts: [upstream('r2')],
    }),
    'vectors, where the scenario is about them': evidence({ exchanges: [jsonExchange('r0', { data: [{ embedding: [0.5] }] }, { window, path: '/v1/embeddings' })], attempts: [attempt('r0', { body: { data: [{ embedding: [0.5] }] } })] }),
  },
  fails: {
    'an error to the end': [evidence({ exchanges: [jsonExchange('r0', 'busy', { window, status: 503 })] }), 'not in 10 ms; 503, busy', ['r0']],
    'no answer': [evidence({ exchanges: [noAnswer('r0', 'gave-up', { window, endAt: 6500 })] }), /^not in 6500 ms; no answer, gave-up/],
    'an answer that was cut': [evidence({ exchanges: [jsonExchange('r0', completion('r0 r1 r2 Hello.'), { window, end: 'cut' })], attempts: [upstream('r0')] }), /ended cut/],
    'a 200 with an empty object': [evidence({ exchanges: [jsonExchange('r0', {}, { window })], attempts: [upstream('r0')] }), /200, \{\}/],
    'a good answer that the upstream never gave': [evidence({ exchanges: [jsonExchange('r0', completion('r0 r1 r2 Hello.'), { window })] }), /200/],
    'vectors that the upstream never gave': [evidence({ exchanges: [jsonExchange('r0', { data: [{ embedding: [0.5] }] }, { window, path: '/v1/embeddings' })] }), /200/],
    'the answer of another request': [evidence({ exchanges: [jsonExchange('r9', completion('r0 Hello.'), { window })], attempts: [attempt('r9', { body: completion('r0 Hello.') })] }), /200/],
    'half of the answer': [evidence({ exchanges: [jsonExchange('r0', completion('r0'), { window })], attempts: [upstream('r0')] }), /200/],
    'the last try failed after a good one': [evidence({ exchanges: [jsonExchange('r0', completion('r0 r1 r2 Hello.'), { window }), jsonExchange('r1', '', { window, status: 500 })], attempts: [upstream('r0')] }), /500, empty body/],
    'later than the claims allow': [
      evidence({
        claims: { breaker: { failures: 5, cooldownMs: 1000, probes: 1 }, timeouts: { connectMs: 500, firstByteMs: 800, idleMs: 800, totalMs: 5000 } },
        exchanges: [jsonExchange('r0', '', { window, status: 503 }), jsonExchange('r1', completion('r0 r1 r2 Hello.'), { window, t: 9000 })], attempts: [upstream('r1')],
      }),
      /^not in 9010 ms/,
    ],
  },
  unknown: { 'only requests of the fault': [evidence({ exchanges: [jsonExchange('f0', completion('r0 r1 r2 Hello.'))] }), 'no evidence'] },
})
