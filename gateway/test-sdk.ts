import { answerJson, answerStream, callerKey, chunk, completion, fakeUpstream, sse, startGateway, testConfig } from './test-support.ts'
import type { Handler } from './test-support.ts'
import { keepLog } from './observe/test-support.ts'

export const limitedKey = 'caller-key-limited-1'

/** What is answered to a request with tools, whole or in pieces. */
export const toolCalls = [
  { id: 'call_a', type: 'function', function: { name: 'weather', arguments: '{"city": "Zürich 世界", "quote": "\\"\\\\"}' } },
  { id: 'call_b', type: 'function', function: { name: 'clock', arguments: '{"zone": "Asia/Tokyo"}' } },
] as const
/** What every text is as a vector; exact as float32. */
export const vector = [0.5, -1, 2]

/**
 * A gateway in front of an upstream that does what the prompt says, so that the SDKs of several languages can be asked the same: `words`,
 * `status NNN`, `silence`, and streams that end too early: `reset`, `short` (a clean end without a finish), `error` (said in an event).
 */
export async function startForSdk(firstByteMs = 3_000) {
  const up = await fakeUpstream(obey)
  const log = keepLog()
  const config = testConfig([up.baseURL], {
    keys: [{ id: 'caller', key: callerKey }, { id: 'limited', key: limitedKey }],
    rateLimits: { routes: { chat: false, embeddings: false }, keys: { limited: { chat: { algorithm: 'token-bucket', capacity: 1, refillPerSecond: 0.01 } } } },
    retry: false, breaker: false, timeouts: { firstByteMs }, log: { level: 'info' },
  })
  const nowhere = { baseURL: 'http://127.0.0.1:1/v1' }
  const gw = await startGateway({ ...config, upstreams: { ...config.upstreams, nowhere }, models: { ...config.models, unreachable: { chain: [{ upstream: 'nowhere', model: 'tiny' }] } } }, { logTo: log.logTo })
  let asked = 0
  gw.app.server.on('request', () => asked++)
  return {
    up,
    baseURL: `${gw.url}/v1`,
    /** The status that the operator's log has for a request id, once all requests so far are in it. */
    async logged(requestId: unknown): Promise<unknown> {
      await log.next('request', asked)
      return log.lines.find((line) => line.msg === 'request' && line['requestId'] === requestId)?.['status']
    },
    async [Symbol.asyncDispose]() {
      await gw[Symbol.asyncDispose]()
      await up[Symbol.asyncDispose]()
    },
  }
}

interface Asked {
  readonly stream?: boolean
  readonly tools?: unknown
  readonly messages?: readonly { readonly content: string }[]
  readonly input?: string | readonly string[]
  readonly encoding_format?: string
}

const obey: Handler = (response, seen) => {
  const { stream = false, tools, messages, input, encoding_format: encoding } = JSON.parse(seen.body) as Asked
  if (input !== undefined) {
    const embedding = encoding === 'base64' ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector
    answerJson(response, JSON.stringify({ object: 'list', model: 'tiny', usage: { prompt_tokens: 1, total_tokens: 1 }, data: [input].flat().map((_text, index) => ({ object: 'embedding', index, embedding })) }))
    return
  }
  const prompt = messages?.at(-1)?.content ?? ''
  const status = /^status (\d+)$/.exec(prompt)?.[1]
  if (prompt === 'silence') return
  if (status !== undefined) answerJson(response, JSON.stringify({ error: { message: `as you said: ${status}`, type: 'said', param: null, code: `said_${status}` } }), Number(status), status === '429' ? { 'retry-after': '9' } : {})
  else if (!stream) answerJson(response, tools === undefined ? completion('hello 世界') : called)
  else {
    const pieces = tools === undefined ? [chunk({ content: 'hello ' }), chunk({ content: '世界' })] : callDeltas()
    const finish = [chunk({}, tools === undefined ? 'stop' : 'tool_calls'), '[DONE]']
    const whole = sse(chunk({ role: 'assistant', content: tools === undefined ? '' : null }), ...pieces)
    // Up to the middle of the pieces: of a call, arguments that no parser takes.
    const half = sse(chunk({ role: 'assistant', content: '' }), ...pieces.slice(0, Math.ceil(pieces.length / 2)))
    if (prompt === 'reset') answerStream(response, half).write('x', () => response.socket?.resetAndDestroy())
    else if (prompt === 'short') answerStream(response, half).end()
    else if (prompt === 'error') answerStream(response, half + sse('{"error":{"message":"out of memory","type":"server_error","param":null,"code":"oom"}}')).end()
    else answerStream(response, whole + sse(...finish)).end()
  }
}

const called = completion('').replace('"content":""', `"content":null,"tool_calls":${JSON.stringify(toolCalls)}`).replace('"stop"', '"tool_calls"')

/** The calls as deltas, one call behind the other as OpenAI sends them: its own helper takes a call for finished when the next begins. */
function callDeltas(): string[] {
  return toolCalls.flatMap((call, index) => {
    const pieces = call.function.arguments.match(/[^]{1,3}/g) ?? []
    return [chunk({ tool_calls: [{ ...call, index, function: { ...call.function, arguments: '' } }] }), ...pieces.map((part) => chunk({ tool_calls: [{ index, function: { arguments: part } }] }))]
  })
}
