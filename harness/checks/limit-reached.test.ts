import { evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import { limitReachedCheck } from './limit-reached.ts'
import { examples } from './testing/examples.ts'

const answered = (...statuses: number[]) => evidence({ exchanges: statuses.map((status, i) => jsonExchange(`n${i}`, {}, { label: 'limited', status })) })

examples(limitReachedCheck, {
  params: { labels: ['limited'] },
  passes: { 'the last one is refused': answered(200, 200, 429), 'all are': answered(429, 429) },
  fails: {
    'nobody is': [answered(200, 200), '0 of 2 refused', ['n0', 'n1']],
    'refused in other ways': [answered(503, 401), '0 of 2 refused'],
    'no answer': [evidence({ exchanges: [noAnswer('a', 'gave-up', { label: 'limited' })] }), '0 of 1 refused', ['a']],
  },
  unknown: { 'another label was refused': [evidence({ exchanges: [jsonExchange('a', {}, { status: 429 })] }), 'no evidence'] },
})
