import { attempt, completion, errorBody, evidence, jsonExchange, noAnswer } from '../evidence/fixture.ts'
import type { Exchange } from '../evidence/types.ts'
import { shedsOverloadCheck } from './sheds-overload.ts'
import { examples } from './testing/examples.ts'

const type: [string, string] = ['content-type', 'application/json']
const served = (nonce: string, ms = 500) => jsonExchange(nonce, completion(nonce), { endAt: ms, label: 'crowd' })
const refused = (nonce: string, more: Parameters<typeof jsonExchange>[2] = {}, body: object | string = errorBody()) =>
  jsonExchange(nonce, body, { status: 503, headers: [type, ['retry-after', '1']], endAt: 40, label: 'crowd', ...more })
/** Room for two; whoever is served was asked about upstream. */
const crowd = (...exchanges: Exchange[]) =>
  evidence({ exchanges, attempts: exchanges.filter((x) => x.head?.status === 200).map((x) => attempt(x.nonce, { body: completion(x.nonce) })), claims: { queue: { concurrency: 1, waiting: 1 } } })
const well = crowd(served('a'), served('b', 990), refused('c'), refused('d'))

examples(shedsOverloadCheck, {
  params: { label: 'crowd', room: { claim: 'queue.room' } },
  passes: {
    'as many as there is room for are served': well,
    'one more is served because it came when another had left': crowd(served('a'), served('b'), served('c', 1400), refused('d')),
    'only the label that is asked for': crowd(served('a'), served('b'), refused('c'), jsonExchange('x', '', { status: 500, label: 'other' })),
  },
  fails: {
    'all are served': [crowd(served('a'), served('b'), served('c')), '3 answered, 0 turned away', ['a', 'b', 'c']],
    'one is turned away though there is room': [crowd(served('a'), refused('b'), refused('c')), '1 answered, 2 turned away'],
    'all are turned away': [crowd(refused('a'), refused('b'), refused('c')), '0 answered, 3 turned away'],
    'with another status': [crowd(served('a'), served('b'), refused('c', { status: 500 })), /^1 of 3: 500/, ['c']],
    'without Retry-After': [crowd(served('a'), served('b'), refused('c', { headers: [type] })), '1 of 3: 503 with Retry-After: none'],
    'with a Retry-After that is no wait': [crowd(served('a'), served('b'), refused('c', { headers: [type, ['retry-after', '0']] })), '1 of 3: 503 with Retry-After: 0'],
    'without the error object': [crowd(served('a'), served('b'), refused('c', {}, { message: 'busy' })), /required property 'error'/],
    'after a wait as long as an answer takes': [crowd(served('a'), served('b'), refused('c', { endAt: 700 })), '1 of 3: 503 after 700 ms, when others had their answers'],
    'by a connection that is cut': [crowd(served('a'), served('b'), noAnswer('c', 'reset', { label: 'crowd' })), '1 of 3: no answer, reset'],
    'and the upstream was asked all the same': [{ ...well, attempts: [...well.attempts, attempt('d')] }, '1 of 4: 503, and the upstream was asked', ['d']],
    'those who are served get words of nobody': [{ ...well, attempts: [attempt('a', { body: completion('a') })] }, /^1 of 4: 200/, ['b']],
    'those who are served are cut': [crowd(served('a'), jsonExchange('b', completion('b'), { end: 'cut', label: 'crowd' }), refused('c')), /ended cut/],
  },
  unknown: { 'there was room for all': [crowd(served('a'), served('b')), 'there was room for all'] },
})
