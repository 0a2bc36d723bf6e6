// Shared by the k6 script, which has neither Node nor npm, and by the streaming probe: no imports here.

export interface Answer {
  /** HTTP status; 0 when no complete response came. */
  status: number
  body: string
  /** What the load generator says of a request that failed below HTTP. */
  transport: string
}

export type Outcome = 'ok' | 'policy' | 'error' | 'timeout' | 'unsent'

export interface Judgement {
  outcome: Outcome
  /** Short and from a small set, because reasons are counted: `http-502`, `no-done`. */
  reason: string
}

const REFUSED_BY_POLICY = [401, 403, 429]
const CONTENT_POLICY = /content|policy|guardrail|moderation/i
/** The load generator's own machine ran out of something: the gateway never saw the request. */
const OWN_FAULT = /too many open files|cannot assign requested address|no buffer space/i

const ok: Judgement = { outcome: 'ok', reason: 'ok' }
const error = (reason: string): Judgement => ({ outcome: 'error', reason })

/** What one answer to a chat completion is worth. A 200 alone proves nothing: the body has to be an answer. */
export function classify(answer: Answer, stream: boolean): Judgement {
  if (answer.status === 0) return OWN_FAULT.test(answer.transport) ? { outcome: 'unsent', reason: 'own-limit' } : error('transport')
  if (REFUSED_BY_POLICY.includes(answer.status)) return { outcome: 'policy', reason: `http-${answer.status}` }
  // A plain 400 is a gateway that rejects a valid request; only one that names a content policy is a decision.
  if (answer.status === 400 && CONTENT_POLICY.test(errorKind(answer.body))) return { outcome: 'policy', reason: 'content-policy' }
  if (answer.status < 200 || answer.status > 299) return error(`http-${answer.status}`)
  return stream ? classifyStream(answer.body) : classifyJson(answer.body)
}

function errorKind(body: string): string {
  const parsed = parse(body)
  const found = isObject(parsed) && isObject(parsed['error']) ? parsed['error'] : parsed
  return isObject(found) ? [found['type'], found['code']].filter((part) => typeof part === 'string').join(' ') : ''
}

function classifyJson(body: string): Judgement {
  const parsed = parse(body)
  if (!isObject(parsed)) return error('not-json')
  if (isObject(parsed['error'])) return error('error-in-200')
  const message = firstChoice(parsed)?.['message']
  return isObject(message) ? ok : error('no-choices')
}

function classifyStream(body: string): Judgement {
  let choices = 0
  let finished = false
  for (const data of eventData(body)) {
    if (data === '[DONE]') return choices === 0 ? error('no-choices') : finished ? ok : error('no-finish-reason')
    const chunk = parse(data)
    if (!isObject(chunk)) return error('bad-chunk')
    if (chunk['error'] !== undefined && chunk['error'] !== null) return error('error-in-stream')
    const choice = firstChoice(chunk)
    if (choice === undefined) continue
    choices += 1
    finished ||= typeof choice['finish_reason'] === 'string'
  }
  return error(choices === 0 ? 'no-choices' : 'no-done')
}

/**
 * The `data` of each event, joined as the SSE standard says. The last event counts without its blank line, against the
 * standard: the official SDKs take it, and a cut inside it still shows as a bad chunk or a missing [DONE].
 */
export function eventData(body: string): string[] {
  const events: string[] = []
  let data: string[] = []
  for (const line of body.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    if (line === '') {
      if (data.length > 0) events.push(data.join('\n'))
      data = []
    } else if (line.startsWith('data:')) data.push(line.slice(line.charAt(5) === ' ' ? 6 : 5))
  }
  if (data.length > 0) events.push(data.join('\n'))
  return events
}

function firstChoice(value: Record<string, unknown>): Record<string, unknown> | undefined {
  const choices = value['choices']
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined
  return isObject(first) ? first : undefined
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
