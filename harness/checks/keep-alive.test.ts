import { attempt, DONE, evidence, finish, noAnswer, role, streamExchange, word } from '../evidence/fixture.ts'
import type { Attempt } from '../evidence/types.ts'
import { keepAliveCheck } from './keep-alive.ts'
import { examples } from './testing/examples.ts'

/** Silent for a second between its two words. */
const silent: Attempt = { ...attempt('a', {}), events: [[10, role], [20, word('A')], [1020, word('B')], [1030, finish()]].map(([t, event], i) => ({ kind: 'event', t: t as number, id: 'x', index: i, text: JSON.stringify(event) })) }
const comment = ': keep-alive\n\n'
const at = (t: number, send: object | string) => ({ at: t, send })
/** The same stream at the caller, with comments at these times in the silence. */
const stream = (...comments: number[]) => {
  const x = streamExchange('a', [at(15, role), at(25, word('A')), at(1025, word('B')), at(1035, finish()), at(1036, DONE)])
  const chunks = [...x.chunks, ...comments.map((t) => ({ t, bytes: Buffer.from(comment) }))].toSorted((a, b) => a.t - b.t)
  return evidence({ exchanges: [{ ...x, chunks }], attempts: [silent] })
}

examples(keepAliveCheck, {
  params: { everyMs: 300 },
  passes: {
    'a comment at each interval': stream(325, 625, 925),
    'a comment within the grace': stream(700),
    'as often as the claim says': { evidence: { ...stream(500), claims: { ...stream().claims, keepAlive: { everyMs: 200 } } }, params: { everyMs: { claim: 'keepAlive.everyMs' } } },
    'a stream that has not begun is not kept alive': evidence({ exchanges: [streamExchange('a', [at(1025, word('A')), at(1030, DONE)])], attempts: [silent] }),
  },
  fails: {
    'silence': [stream(), 'no byte for 1000 ms', ['a']],
    'a comment at once and none later': [stream(30), 'no byte for 995 ms'],
    'silence before the end': [evidence({ exchanges: [streamExchange('a', [at(15, role), at(25, word('A'))], { endAt: 1025 })], attempts: [silent] }), 'no byte for 1000 ms'],
    'a stream that was cut': [evidence({ exchanges: [streamExchange('a', [at(15, role)], { end: 'cut' })], attempts: [silent] }), /ended cut/],
    'no answer': [evidence({ exchanges: [noAnswer('a', 'reset', { stream: true })], attempts: [silent] }), 'no answer, reset'],
  },
  unknown: {
    'an upstream that was not silent': [evidence({ exchanges: [streamExchange('a', [role, word('A'), finish(), DONE])], attempts: [attempt('a', { events: [role, word('A'), finish(), DONE] })] }), 'nothing had to be kept alive'],
    'no upstream call': [evidence({ exchanges: [streamExchange('a', [role, word('A'), finish(), DONE])] }), 'nothing had to be kept alive'],
  },
})
