import { CALLER_KEY, codeOf, completion, contentOf, dataOf, chunk, fields, good, sse, UPSTREAM_KEY, type Rig, type Script } from '../proxy/fixture.ts'
import type { Demo } from './demo.ts'

const answer = (message: object, finish?: string): Script => ({ json, res }) =>
  json['stream'] === true ? sse(res, chunk(message), chunk({}, finish ?? 'stop'), '[DONE]').end() : res.writeHead(200).end(JSON.stringify(completion(message, finish)))
const tool = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{ "a":1.0 }' } }
const sent = (path: string, body: unknown, headers: Record<string, string> = {}) => async (rig: Rig): Promise<unknown[]> => {
  const reply = await rig.send(path, body, { headers })
  return [reply.status, rig.seen.length]
}
const chat = { model: 'gauntlet-chat', messages: [] }
const path = '/v1/chat/completions'
const vectors: Script = ({ json, res }) => {
  const floats = [0.125, 0.75]
  const embedding = json['encoding_format'] === 'base64' ? Buffer.from(Float32Array.from(floats).buffer).toString('base64') : floats
  return res.end(JSON.stringify({ object: 'list', data: [{ object: 'embedding', index: 0, embedding }], model: 'tiny' }))
}
const embedded = async (rig: Rig): Promise<unknown[]> =>
  Promise.all([{}, { encoding_format: 'base64' }].map(async (more) => fields((await rig.send('/v1/embeddings', { model: 'gauntlet-embed', input: 'x', ...more })).text)['data']))
const list = (embedding: unknown): unknown => [{ object: 'embedding', index: 0, embedding }]

export const requests: Record<string, Demo> = {
  'change-temperature': {
    scripts: good,
    async show(rig) {
      await rig.chat({ temperature: 0.37, seed: 7 })
      await rig.chat({ seed: 7 })
      return rig.seen.map(({ json }) => [json['temperature'], json['seed']])
    },
    honest: [[0.37, 7], [undefined, 7]], broken: [[1, 7], [undefined, 7]],
  },
  'forward-caller-key': {
    scripts: good,
    async show(rig) {
      await rig.chat()
      const headers = rig.seen[0]?.headers ?? {}
      return [JSON.stringify(headers).includes(CALLER_KEY), headers.authorization]
    },
    honest: [false, `Bearer ${UPSTREAM_KEY}`], broken: [true, `Bearer ${UPSTREAM_KEY}`],
  },
  'forward-hop-headers': {
    scripts: good,
    async show(rig) {
      await rig.chat({}, { headers: { te: 'trailers', 'x-hop': '1', connection: 'close, x-hop' } })
      return [rig.seen[0]?.headers.te, rig.seen[0]?.headers['x-hop']]
    },
    honest: [undefined, undefined], broken: ['trailers', '1'],
  },
  'forward-malformed-json': { scripts: good, show: sent(path, '{"model": "gauntlet-chat", "messages": ['), honest: [400, 0], broken: [200, 1] },
  'forward-invalid-fields': { scripts: good, show: sent(path, { model: 'gauntlet-chat' }), honest: [400, 0], broken: [200, 1] },
  'accept-any-key': { scripts: good, show: async (rig) => [await sent(path, chat, { authorization: 'Bearer no' })(rig), await sent(path, chat, { authorization: '' })(rig)], honest: [[401, 0], [401, 0]], broken: [[200, 1], [401, 1]] },
  'accept-no-key': { scripts: good, show: async (rig) => [await sent(path, chat, { authorization: '' })(rig), await sent(path, chat, { authorization: 'Bearer no' })(rig)], honest: [[401, 0], [401, 0]], broken: [[200, 1], [401, 1]] },
  'unknown-model-200': { scripts: good, show: sent(path, { ...chat, model: 'nope' }), honest: [404, 0], broken: [200, 1] },
  'models-bare-array': { scripts: good, show: async (rig) => Array.isArray(fields((await rig.send('/v1/models')).text)), honest: false, broken: true },
  'finish-always-stop': {
    scripts: answer({ content: 'x' }, 'length'), show: async (rig) => [(await rig.chat()).text, (await rig.stream()).text].map((text) => /"finish_reason":"(\w+)"/.exec(text)?.[1]),
    honest: ['length', 'length'], broken: ['stop', 'stop'],
  },
  'clip-answer': {
    scripts: good, show: async (rig) => [/"content":"(.*?)"/.exec((await rig.chat()).text)?.[1], contentOf((await rig.stream()).text)],
    honest: ['one two', 'one two'], broken: ['one tw', 'one two'],
  },
  'tool-index-lost': {
    scripts: answer({ tool_calls: [tool] }), show: async (rig) => /"tool_calls":\[\{"index":0/.test(dataOf((await rig.stream()).text)[0] ?? ''), honest: true, broken: false,
  },
  'tool-args-reparsed': {
    scripts: answer({ tool_calls: [tool] }), show: async (rig) => [(await rig.chat()).text.includes('{ \\"a\\":1.0 }'), codeOf((await rig.chat()).text)], honest: [true, undefined], broken: [false, undefined],
  },
  'embeddings-as-floats': { scripts: vectors, show: embedded, honest: [list([0.125, 0.75]), list('AAAAPgAAQD8=')], broken: [list([0.125, 0.75]), list([0.125, 0.75])] },
  'embeddings-rounded': { scripts: vectors, show: embedded, honest: [list([0.125, 0.75]), list('AAAAPgAAQD8=')], broken: [list([0.13, 0.75]), list('AAAAPgAAQD8=')] },
}
