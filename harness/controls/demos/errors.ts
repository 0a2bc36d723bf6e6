import { codeOf, completion, endOf, fields, good, inTurn, refuse, UPSTREAM_KEY, within, type Rig, type Script } from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

const tells: Script = ({ headers, res }) => refuse(400, { message: `${UPSTREAM_KEY} at ${headers.host}` })({ res } as never)
const status = async (rig: Rig): Promise<number> => (await rig.chat()).status
const statuses = async (rig: Rig): Promise<number[]> => [await status(rig), await status(rig)]
const html: Script = ({ res }) => res.writeHead(200, { 'content-type': 'text/html' }).end('<html>')
const limited = (value: string): Script => refuse(429, undefined, { 'retry-after': value })

export const errors: Record<string, Demo> = {
  'swallow-500-as-200': {
    scripts: refuse(500), timing: { retries: 0 },
    show: async (rig) => [await status(rig), endOf(await rig.stream())], honest: [500, 'error, clean'], broken: [200, 'done1, clean'],
  },
  'bad-200-passed': { scripts: html, show: async (rig) => [await status(rig), (await rig.chat()).text.includes('<html>')], honest: [502, false], broken: [200, true] },
  'map-429-to-500': { scripts: inTurn(limited('9'), refuse(400)), show: statuses, honest: [429, 400], broken: [500, 400] },
  'map-400-to-502': { scripts: inTurn(refuse(400), limited('9')), show: statuses, honest: [400, 429], broken: [502, 429] },
  'upstream-401-passed': { scripts: inTurn(refuse(401), refuse(403)), show: statuses, honest: [502, 502], broken: [401, 403] },
  'strip-retry-after': {
    scripts: limited('9'), show: async (rig) => {
      const reply = await rig.chat()
      return [reply.status, reply.headers['retry-after']]
    },
    honest: [429, '9'], broken: [429, undefined],
  },
  'retry-after-epoch': {
    scripts: limited('9'), show: async (rig) => Number((await rig.chat()).headers['retry-after']) > 1e9, honest: false, broken: true,
  },
  'html-error': {
    scripts: inTurn(refuse(501), refuse(400)), show: async (rig) => [(await rig.chat()).headers['content-type'], (await rig.chat()).headers['content-type']],
    honest: ['application/json', 'application/json'], broken: ['text/html', 'application/json'],
  },
  'flat-error': { scripts: refuse(400), show: async (rig) => Object.keys(fields((await rig.chat()).text)), honest: ['error'], broken: ['message', 'type', 'param', 'code'] },
  'leak-upstream-key': {
    scripts: tells, show: async (rig) => {
      const { text } = await rig.chat()
      return [text.includes(UPSTREAM_KEY), text.includes('127.0.0.1')]
    },
    honest: [false, false], broken: [true, false],
  },
  'leak-upstream-host': { scripts: {}, show: async (rig) => (await rig.chat()).text.includes('127.0.0.1'), honest: false, broken: true },
  'reset-on-upstream-error': {
    scripts: () => {}, show: async (rig) => rig.chat().then((reply) => reply.status, (error: NodeJS.ErrnoException) => error.code), honest: 504, broken: 'ECONNRESET',
  },
}

const lies = async (rig: Rig): Promise<unknown[]> => {
  const asked = [rig.chat(), rig.stream(), rig.send('/v1/models'), rig.chat({}, { headers: { authorization: 'Bearer no' } })]
  const replies = await Promise.all(asked.map(async (reply) => within(500, reply)))
  const text = replies[0] === undefined || replies[0] === 'hangs' ? '' : replies[0].text
  return [...replies.map((reply) => (reply === 'hangs' ? reply : reply.status)), rig.seen.length, codeOf(text) ?? text.slice(0, 9)]
}
const truth = [200, 200, 200, 401, 2, JSON.stringify(completion()).slice(0, 9)]

/** Every twentieth of forty requests. */
const forty = async (rig: Rig): Promise<number> => {
  let failed = 0
  for (let i = 0; i < 40; i++) if ((await status(rig)) === 500) failed++
  return failed
}

export const rare: Record<string, Demo> = {
  'errs-5-percent': { scripts: good, show: forty, honest: 0, broken: 2 },
}

export const liars: Record<string, Demo> = {
  'liar-404': { scripts: good, show: lies, honest: truth, broken: [404, 404, 404, 404, 0, 'not_found'] },
  'liar-empty-200': { scripts: good, show: lies, honest: truth, broken: [200, 200, 200, 200, 0, '{}'] },
  'liar-html': { scripts: good, show: lies, honest: truth, broken: [200, 200, 200, 200, 0, '<!doctype'] },
  'liar-silent': { scripts: good, show: lies, honest: truth, broken: ['hangs', 'hangs', 'hangs', 'hangs', 0, ''] },
  'liar-echo': { scripts: good, show: lies, honest: truth, broken: [200, 200, 200, 200, 0, '{"id":"ch'] },
}
