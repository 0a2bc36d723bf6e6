import type { ServerResponse } from 'node:http'
import { answerJson, answerStream, chunk, completion, sse } from './test-support.ts'
import type { Handler } from './test-support.ts'

/** What the upstreams say of their own accord. */
export const answerText = 'answer canary: it is "green/blue" + 7, said nobody'

/** What an upstream that talks too much was sent, ready to be said again. */
interface Heard {
  readonly key: string
  readonly quote: string
  /** Headers of an answer with everything in them that was sent. */
  readonly headers: Record<string, string>
  readonly stream: boolean
  readonly go: Promise<void>
}
type Way = (response: ServerResponse, heard: Heard) => void

const begun = chunk({ role: 'assistant', content: answerText })
const vectors = '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1,0]}],"model":"tiny","usage":{"prompt_tokens":1,"total_tokens":1}}'
const usage = JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'tiny', choices: [], usage: { prompt_tokens: 300, completion_tokens: 200, total_tokens: 500 } })
const stream = (response: ServerResponse, { headers }: Heard, ...events: string[]): ServerResponse => {
  response.writeHead(200, { ...headers, 'content-type': 'text/event-stream' }).write(sse(...events))
  return response
}
const error = (status: number, more: Record<string, string> = {}): Way => (response, { quote, headers }) =>
  answerJson(response, JSON.stringify({ error: { message: quote, type: quote, param: quote, code: quote, ...more } }), status, headers)
const text = (status: number, type: string, body: (quote: string) => string): Way => (response, { quote, headers }) => response.writeHead(status, { ...headers, 'content-type': type }).end(body(quote))

/** Ways to answer, each under the name of the upstream that has it. All but the first quote what they were sent wherever they can. */
export const ways = {
  good: (response, { stream: asked }) => {
    if (!asked) answerJson(response, completion(answerText).replace('"model":"tiny"', `"model":${JSON.stringify(answerText)},"system_fingerprint":${JSON.stringify(answerText)}`))
    else answerStream(response, sse(begun, chunk({ content: ' at all' }), chunk({}, 'stop'), '[DONE]')).end()
  },
  // One event at once, the rest when it is told to.
  paced: (response, heard) => {
    stream(response, heard, begun)
    void heard.go.then(() => response.end(sse(chunk({}, 'stop'), usage, '[DONE]')))
  },
  held: (response, heard) => stream(response, heard, begun),
  drip: (response, heard) => {
    stream(response, heard, begun)
    const timer = setInterval(() => response.write(sse(chunk({ content: ' and' }))), 50)
    response.once('close', () => clearInterval(timer))
  },
  silent: () => {},
  // A name that could be a model's goes where others do not.
  named: (response, { key, stream: asked }) => {
    if (asked) answerStream(response, sse(begun, chunk({}, 'stop'), '[DONE]').replaceAll('"model":"tiny"', `"model":"${key}"`)).end()
    else answerJson(response, completion(answerText).replace('"model":"tiny"', `"model":"${key}"`))
  },
  bad400: error(400),
  bad429: error(429),
  bad500: error(500),
  plain503: text(503, 'text/plain', (quote) => quote),
  page502: text(502, 'text/html', (quote) => `<html><body>${quote}</body></html>`),
  refusing401: error(401),
  refusing403: error(403),
  moderating: error(400, { code: 'content_policy_violation' }),
  moved: text(302, 'text/plain', (quote) => quote),
  notJson: text(200, 'application/json', (quote) => `{"choices": ${quote}`),
  noStream: text(200, 'text/html', (quote) => quote),
  errorIn200: error(200),
  errorEvent: (response, heard) => stream(response, heard, begun, JSON.stringify({ error: { message: heard.quote, type: heard.quote, code: heard.quote } })).end(),
  malformed: (response, heard) => stream(response, heard, begun, `{"choices": ${heard.quote}`).end(),
  cut: (response, heard) => stream(response, heard, begun).end(),
  reset: (response, { stream: asked }) => {
    if (asked) answerStream(response, sse(begun))
    response.socket?.resetAndDestroy()
  },
  refused: () => {},
  claude: text(529, 'application/json', (quote) => JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: quote } })),
} as const satisfies Record<string, Way>

export type WayName = keyof typeof ways
export const wayNames = Object.keys(ways) as WayName[]

/** The key that each of them expects; signs in it that most encodings change, but for the one that is said as a name. */
export const keyOf = (name: string): string => (name === 'named' ? 'upstream-named-canary4Kz8' : `upstream/${name}+canary4Kz8==`)

/** All of them in one server: the first step of the path says which. `go` ends what is paced. */
export function talkative(go: Promise<void>): Handler {
  return (response, { request, body }) => {
    const key = request.headers.authorization?.replace('Bearer ', '') ?? String(request.headers['x-api-key'])
    const quote = `You sent ${key} and ${body}`
    const headers = Object.fromEntries(['x-echo', 'set-cookie', 'www-authenticate', 'location', 'server', 'x-request-id', 'openai-organization', 'x-ratelimit-reset-tokens'].map((name) => [name, quote]))
    if (request.url === '/good/v1/embeddings') answerJson(response, vectors)
    else ways[wayOf(request.url)](response, { key, quote, headers, stream: body.includes('"stream":true'), go })
  }
}

/** Whose way a path is. */
export function wayOf(url: string | undefined): WayName {
  const name = url?.split('/')[1] ?? ''
  if (!Object.hasOwn(ways, name)) throw new Error(`no such way: ${url}`)
  return name as WayName
}
