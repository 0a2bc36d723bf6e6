import {
  chunk, completion, contentOf, dataOf, endOf, good, inTurn, LIMITED_KEY, refuse, sse, breakOff, fields, type Exchange, type Rig, type Script,
} from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

/** An upstream that says these pieces, as a stream or in one message. */
const says = (...pieces: string[]): Script => ({ json, res }) =>
  json['stream'] === true
    ? sse(res, ...pieces.map((content) => chunk({ content })), chunk({}, 'stop'), '[DONE]').end()
    : res.end(JSON.stringify(completion({ content: pieces.join('') })))
const messageOf = (text: string): unknown => /"content":"(.*?)"/.exec(text)?.[1]
const both = async (rig: Rig): Promise<unknown[]> => [messageOf((await rig.chat()).text), contentOf((await rig.stream()).text)]
/** A card number in one piece, an SSN in two. */
const secrets = says('Pay 4111 1111 1111 1111. ', 'I am 078-0', '5-1120', ' or so.')
const REDACTED = 'Pay [redacted]. I am [redacted] or so.'

/** The same question by the same caller again and again; how often the upstream heard of it. */
const asked = (...bodies: { body?: object; headers?: Record<string, string> }[]) => async (rig: Rig): Promise<unknown[]> => {
  const statuses: number[] = []
  for (const { body = {}, headers = {} } of bodies) statuses.push((await rig.chat(body, { headers })).status)
  return [...statuses, rig.seen.length]
}
const other = { authorization: `Bearer ${LIMITED_KEY}` }

/** An upstream that answers when it is told to. */
const onHold = async ({ rig, res }: Exchange): Promise<void> => {
  await rig.until(() => rig.notes.length > 0, 1000)
  res.end(JSON.stringify(completion()))
}
/** Three callers at once: how many the upstream has heard of when all that can have arrived, and what becomes of each. */
const crowd = async (rig: Rig): Promise<unknown[]> => {
  let refused = 0
  const all = [1, 2, 3].map(async (n) => {
    const { status } = await rig.chat({ user: String(n) })
    if (status === 503) refused += 1
    return status
  })
  await rig.until(() => rig.seen.length + refused > 2, 400)
  const heard = rig.seen.length
  rig.note('go on')
  return [heard, (await Promise.all(all)).toSorted((a, b) => a - b)]
}
const narrow = { slots: 1, places: 1, firstByteMs: 2000 }

/** Silent in the middle of a stream for longer than a stream may be silent. */
const silent = async ({ rig, res }: Exchange): Promise<void> => {
  sse(res, chunk({ content: 'one' }))
  await rig.until(() => false, 100)
  sse(res, chunk({}, 'stop'), '[DONE]').end()
}
const alive = async (rig: Rig): Promise<unknown[]> => {
  const { text } = await rig.stream()
  return [/^: /m.test(text), dataOf(text).filter((data) => data === '{}').length > 0]
}
const lively = { keepAliveMs: 30 }

export const answers: Record<string, Demo> = {
  'request-id-replaced': {
    scripts: good,
    show: async (rig) => [(await rig.chat({}, { headers: { 'x-request-id': 'mine' } })).headers['x-request-id'] === 'mine', (await rig.chat()).headers['x-request-id'] === undefined],
    honest: [true, false], broken: [false, false],
  },
  'long-messages-taken': {
    scripts: good, timing: { messageChars: 5 },
    show: async (rig) => [(await rig.chat({ messages: [{ role: 'user', content: '🦊🦊🦊🦊🦊' }] })).status, (await rig.chat({ messages: [{ role: 'user', content: 'longer' }] })).status, rig.seen.length],
    honest: [200, 400, 1], broken: [200, 200, 2],
  },
  'stream-anyway': {
    scripts: good, show: async (rig) => [(await rig.chat({ model: 'gauntlet-json' })).status, (await rig.stream({ model: 'gauntlet-json' })).status, rig.seen.length], honest: [200, 400, 1], broken: [200, 200, 2],
  },
  'model-case-matters': { scripts: good, show: async (rig) => [(await rig.chat()).status, (await rig.chat({ model: 'GAUNTLET-Chat' })).status], honest: [200, 200], broken: [200, 404] },
  'no-keep-alive': { scripts: silent, timing: lively, show: alive, honest: [true, false], broken: [false, false] },
  'keep-alive-as-data': { scripts: silent, timing: lively, show: alive, honest: [true, false], broken: [false, true] },
  'redact-nothing': { scripts: secrets, show: both, honest: [REDACTED, REDACTED], broken: ['Pay 4111 1111 1111 1111. I am 078-05-1120 or so.', 'Pay 4111 1111 1111 1111. I am 078-05-1120 or so.'] },
  'redact-per-chunk': { scripts: secrets, show: both, honest: [REDACTED, REDACTED], broken: [REDACTED, 'Pay [redacted]. I am 078-05-1120 or so.'] },
  'redact-drops-chunk': { scripts: secrets, show: both, honest: [REDACTED, REDACTED], broken: ['[redacted]', '[redacted]I am [redacted]'] },
  'cache-off': { scripts: good, cache: true, show: asked({}, {}), honest: [200, 200, 1], broken: [200, 200, 2] },
  'cache-by-messages': { scripts: good, cache: true, show: asked({ body: { temperature: 0 } }, { body: { temperature: 1 } }, { body: { messages: [] } }), honest: [200, 200, 200, 3], broken: [200, 200, 200, 2] },
  'cache-ignores-tenant': { scripts: good, cache: true, show: asked({}, { headers: other }, {}), honest: [200, 200, 200, 2], broken: [200, 200, 200, 1] },
  'cache-ignores-no-store': { scripts: good, cache: true, show: asked({ headers: { 'cache-control': 'no-store' } }, {}, {}), honest: [200, 200, 200, 2], broken: [200, 200, 200, 1] },
  'cache-keeps-errors': { scripts: inTurn(refuse(400), good), cache: true, show: asked({}, {}), honest: [400, 200, 2], broken: [400, 400, 1] },
  'cache-keeps-cut-streams': {
    scripts: inTurn(breakOff('fin', chunk({ content: 'one' })), good), cache: true,
    async show(rig) {
      const replies = [await rig.stream(), await rig.stream()]
      return replies.map((reply) => [contentOf(reply.text), endOf(reply)])
    },
    honest: [['one', 'error, cut'], ['one two', 'done1, clean']], broken: [['one', 'error, cut'], ['one', 'done1, clean']],
  },
  'cache-splits-on-blanks': {
    scripts: good, cache: true,
    async show(rig) {
      const [first, again] = [await rig.stream(), await rig.stream()]
      return [again.text === first.text, contentOf(again.text), dataOf(again.text).some((data) => fields(data)['id'] !== undefined), rig.seen.length]
    },
    honest: [true, 'one two', true, 1], broken: [false, 'one two ', false, 1],
  },
  'queue-without-end': { scripts: onHold, timing: narrow, show: crowd, honest: [1, [200, 200, 503]], broken: [1, [200, 200, 200]] },
  'queue-without-slots': { scripts: onHold, timing: narrow, show: crowd, honest: [1, [200, 200, 503]], broken: [2, [200, 200, 503]] },
}
