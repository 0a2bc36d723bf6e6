import {
  breakOff, chunk, contentOf, dataOf, endOf, event, fields, good, inTurn, sse, WHOLE, type Exchange, type Rig, type Script,
} from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

const PART = [chunk({ role: 'assistant' }), chunk({ content: 'one' })]
const inBand = { error: { message: 'boom' } }
const MALFORMED = '{"choices":[{'

/** The first attempt of a call breaks off as its `user` says, the next ones are good. */
const cutOnce: Script = (x) => {
  const user = x.json['user']
  if (x.rig.seen.filter((seen) => seen.json['user'] === user).length > 1) return good(x)
  if (user === 'fin' || user === 'rst') return breakOff(user, ...PART)(x)
  if (user === 'in-band') return sse(x.res, ...PART, inBand, '[DONE]').end()
  return user === 'malformed' ? sse(x.res, ...PART, MALFORMED, '[DONE]').end() : sse(x.res, ...PART)
}
const ends = (...users: string[]) => async (rig: Rig): Promise<string[]> => {
  const found: string[] = []
  for (const user of users) {
    const reply = await rig.stream({ user })
    found.push(`${user}: ${contentOf(reply.text)}, ${reply.text.includes('"finish_reason":"stop"') ? 'stop' : 'no stop'}, ${endOf(reply)}`)
  }
  return found
}
/** Writes a text in reads of the given number of bytes, each in an HTTP chunk of its own. */
const raw = (text: string, size = 1e6): Script => ({ res }) => {
  res.writeHead(200, { 'content-type': 'text/event-stream' })
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) res.write(bytes.subarray(at, at + size))
  res.end()
}
const whole = [...WHOLE, '[DONE]'].map(event).join('')
const content = async (rig: Rig): Promise<string> => contentOf((await rig.stream()).text)
const contents = async (rig: Rig): Promise<string[]> => [await content(rig), await content(rig), await content(rig)]
const lines = inTurn(raw(whole.replaceAll('\n', '\r\n')), raw(whole.replaceAll('\n', '\r')), raw(whole))
const stopped = (user: string): string => `${user}: one, stop, done1, clean`
const shown = (user: string): string => `${user}: one, no stop, error, cut`

export const streams: Record<string, Demo> = {
  'buffer-whole-stream': {
    async scripts({ rig, res }: Exchange) {
      sse(res, ...PART)
      rig.note(await rig.callerSaw('"one"', 500))
      sse(res, ...WHOLE, '[DONE]').end()
    },
    timing: { idleMs: 2000 },
    show: async (rig) => [endOf(await rig.stream()), rig.notes],
    honest: ['done1, clean', [true]],
    broken: ['done1, clean', [false]],
  },
  'drop-last-delta': { scripts: good, show: async (rig) => [await content(rig), endOf(await rig.stream())], honest: ['one two', 'done1, clean'], broken: ['one', 'done1, clean'] },
  'swallow-eof-as-done': {
    scripts: cutOnce, show: ends('fin', 'rst', 'stall', 'in-band'),
    honest: ['fin', 'rst', 'stall', 'in-band'].map(shown), broken: [stopped('fin'), stopped('rst'), shown('stall'), shown('in-band')],
  },
  'silent-cut': {
    scripts: cutOnce, show: ends('fin', 'rst', 'stall'),
    honest: ['fin', 'rst', 'stall'].map(shown), broken: ['fin: one, no stop, nothing, clean', 'rst: one, no stop, nothing, clean', shown('stall')],
  },
  'in-band-swallowed': { scripts: cutOnce, show: ends('in-band', 'fin', 'rst'), honest: ['in-band', 'fin', 'rst'].map(shown), broken: [stopped('in-band'), shown('fin'), shown('rst')] },
  'malformed-event-passed': {
    scripts: cutOnce,
    async show(rig) {
      const reply = await rig.stream({ user: 'malformed' })
      return [dataOf(reply.text).includes(MALFORMED), endOf(reply)]
    },
    honest: [false, 'error, cut'],
    broken: [true, 'done1, clean'],
  },
  'no-done': { scripts: good, show: ends('x'), honest: ['x: one two, stop, done1, clean'], broken: ['x: one two, stop, nothing, clean'] },
  'done-twice': { scripts: good, show: ends('x'), honest: ['x: one two, stop, done1, clean'], broken: ['x: one two, stop, done2, clean'] },
  'retry-mid-stream-silently': {
    scripts: cutOnce, show: async (rig) => [await ends('fin', 'rst')(rig), rig.seen.length],
    honest: [['fin', 'rst'].map(shown), 2], broken: [['fin', 'rst'].map((user) => `${user}: oneone two, stop, done1, clean`), 4],
  },
  'failover-mid-stream': {
    scripts: { primary: inTurn(breakOff('fin', ...PART), breakOff('rst', ...PART)), secondary: good },
    async show(rig) {
      const both = [await rig.stream({ model: 'gauntlet-fallback' }), await rig.stream({ model: 'gauntlet-fallback' })]
      return [...both.map(({ text }) => contentOf(text)), ...rig.seen.map((x) => x.lane)]
    },
    honest: ['one', 'one', 'primary', 'primary'],
    broken: ['oneone two', 'oneone two', 'primary', 'secondary', 'primary', 'secondary'],
  },
  'split-utf8-corrupt': { scripts: raw(whole.replace('one', '😀é'), 1), show: content, honest: '😀é two', broken: `${'\uFFFD'.repeat(6)} two` },
  'crlf-not-parsed': { scripts: lines, timing: { retries: 0 }, show: contents, honest: ['one two', 'one two', 'one two'], broken: ['', '', 'one two'] },
  'cr-not-parsed': { scripts: lines, timing: { retries: 0 }, show: contents, honest: ['one two', 'one two', 'one two'], broken: ['one two', '', 'one two'] },
  'bom-kept': { scripts: raw(`\uFEFF${whole.slice(whole.indexOf('\n\n') + 2)}`), show: content, honest: 'one two', broken: ' two' },
  'multiline-first-line': { scripts: raw(whole.replaceAll('"choices"', '\ndata: "choices"')), show: content, honest: 'one two', broken: '' },
  'nospace-not-parsed': { scripts: raw(whole.replaceAll('data: ', 'data:')), show: content, honest: 'one two', broken: '' },
  'comment-as-data': { scripts: raw(`: working\n\n${whole}`), show: async (rig) => [dataOf((await rig.stream()).text).includes('working'), await content(rig)], honest: [false, 'one two'], broken: [true, 'one two'] },
  'usage-chunk-dropped': {
    scripts: good, show: async (rig) => (await rig.stream({ stream_options: { include_usage: true } })).text.includes('total_tokens'), honest: true, broken: false,
  },
  'usage-zero': {
    scripts: good,
    show: async (rig) => [(await rig.chat()).text, (await rig.stream({ stream_options: { include_usage: true } })).text].map((text) => /"total_tokens":(\d+)/.exec(text)?.[1]),
    honest: ['5', '5'], broken: ['0', '0'],
  },
  'id-per-chunk': {
    scripts: good, show: async (rig) => new Set(dataOf((await rig.stream()).text).map((data) => fields(data)['id'])).size, honest: 2, broken: 5,
  },
  'role-missing': { scripts: good, show: async (rig) => [(await rig.stream()).text.includes('"role"'), (await rig.chat()).text.includes('"role"')], honest: [true, true], broken: [false, true] },
  'stream-as-json-type': { scripts: good, show: async (rig) => (await rig.stream()).headers['content-type'], honest: 'text/event-stream', broken: 'application/json' },
  'optional-fields-dropped': {
    scripts: raw([chunk({ content: 'one', refusal: null }), chunk({}, 'stop'), '[DONE]'].map(event).join('')),
    show: async (rig) => (await rig.stream()).text.includes('refusal'), honest: true, broken: false,
  },
  'crosstalk-under-load': {
    scripts: ({ json, res }) => sse(res, ...Array.from({ length: 5 }, () => chunk({ content: String(json['user']) })), chunk({}, 'stop'), '[DONE]').end(),
    async show(rig) {
      const both = await Promise.all(['a', 'b'].map(async (user) => contentOf((await rig.stream({ user })).text)))
      return [both.join() === 'aaaaa,bbbbb', contentOf((await rig.stream({ user: 'c' })).text)]
    },
    honest: [true, 'ccccc'], broken: [false, 'ccccc'],
  },
}
