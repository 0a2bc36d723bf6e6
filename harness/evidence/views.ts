import { decodeSse } from '../../schemas/sse.ts'
import type { SseRest } from '../../schemas/sse.ts'
import type { Attempt, Evidence, Exchange } from './types.ts'

/** One data event of a stream, parsed. `json` is undefined when it is not JSON. */
export interface StreamEvent {
  t: number
  type: string
  data: string
  json: unknown
}

/** A caller's stream read the way an SDK reads it. */
export interface StreamView {
  events: StreamEvent[]
  rest: SseRest
  /** Non-empty contents with their times, choice 0. */
  words: { t: number; text: string }[]
  text: string
  finishReasons: string[]
  done: number
  afterDone: number
  errors: unknown[]
  ids: Set<string>
  usages: unknown[]
}

const streams = new WeakMap<Exchange, StreamView>()

/** A property of an unknown value, or undefined. */
export const at = (value: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>((v, key) => (typeof v === 'object' && v !== null ? Reflect.get(v, key) : undefined), value)

const tryJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Everything the caller got after the head, as text. */
export const bodyText = (exchange: Exchange): string => Buffer.concat(exchange.chunks.map((c) => c.bytes)).toString()
/** The body as JSON; undefined when it is not. */
export const bodyJson = (exchange: Exchange): unknown => tryJson(bodyText(exchange))
/** A header of the answer, by lower-case name. */
export const header = (exchange: Exchange, name: string): string | undefined => exchange.head?.headers.find(([k]) => k.toLowerCase() === name)?.[1]

/** The stream of an exchange; decoded once. */
export const streamOf = (exchange: Exchange): StreamView => {
  const known = streams.get(exchange)
  if (known) return known
  const { events: raw, rest } = decodeSse(exchange.chunks.map((c) => c.bytes))
  const events = raw.map((e) => ({ t: exchange.chunks[e.at]?.t ?? 0, type: e.type, data: e.data, json: tryJson(e.data) }))
  const firstDone = events.findIndex((e) => e.data === '[DONE]')
  const view: StreamView = {
    events, rest, words: [], text: '', finishReasons: [], errors: [], ids: new Set(), usages: [],
    done: events.filter((e) => e.data === '[DONE]').length,
    afterDone: firstDone === -1 ? 0 : events.length - firstDone - 1,
  }
  for (const { t, json, type } of events) {
    const content = at(json, 'choices', 0, 'delta', 'content')
    if (typeof content === 'string' && content !== '') view.words.push({ t, text: content })
    const finish = at(json, 'choices', 0, 'finish_reason')
    if (typeof finish === 'string') view.finishReasons.push(finish)
    if (at(json, 'error') !== undefined && at(json, 'error') !== null) view.errors.push(at(json, 'error'))
    else if (type === 'error') view.errors.push(json)
    const id = at(json, 'id')
    if (typeof id === 'string') view.ids.add(id)
    const usage = at(json, 'usage')
    if (usage !== undefined && usage !== null) view.usages.push(json)
  }
  view.text = view.words.map((w) => w.text).join('')
  streams.set(exchange, view)
  return view
}

/** The words the caller got, JSON or stream. */
export const answerText = (exchange: Exchange): string => {
  if (exchange.request.stream) return streamOf(exchange).text
  const content = at(bodyJson(exchange), 'choices', 0, 'message', 'content')
  return typeof content === 'string' ? content : ''
}

/** The words one upstream attempt sent. */
export const upstreamText = (attempt: Attempt): string => {
  if (attempt.body) {
    const content = at(tryJson(attempt.body.text), 'choices', 0, 'message', 'content')
    return typeof content === 'string' ? content : ''
  }
  return attempt.events.map((e) => at(tryJson(e.text), 'choices', 0, 'delta', 'content')).filter((c) => typeof c === 'string').join('')
}

/** True when a caller would take this for a whole, good answer. */
export const looksFinished = (exchange: Exchange): boolean => {
  if (exchange.head?.status !== 200 || exchange.end?.how !== 'complete') return false
  if (!exchange.request.stream) return at(bodyJson(exchange), 'choices', 0, 'message') !== undefined
  const { errors, done, finishReasons } = streamOf(exchange)
  return errors.length === 0 && (done > 0 || finishReasons.length > 0)
}

/** The requests of the fault phase, those with one of the labels where any are given. */
export const faultPhase = (evidence: Evidence, labels?: readonly string[]): Exchange[] =>
  evidence.exchanges.filter((x) => x.phase === 'fault' && (labels === undefined || labels.includes(x.label)))

/** Upstream calls made for one request, in order, on one lane or all. */
export const attemptsOf = (evidence: Evidence, nonce: string, lane?: string): Attempt[] =>
  evidence.attempts.filter((a) => a.nonce === nonce && (lane === undefined || a.lane === lane)).sort((a, b) => a.request.t - b.request.t)

/** Upstream calls for the requests of the fault phase and for requests without a known nonce, but not for models lists. */
export const faultAttempts = (evidence: Evidence): Attempt[] => {
  const nonces = new Set(faultPhase(evidence).map((x) => x.nonce))
  return evidence.attempts.filter((a) => (a.nonce === null ? !a.request.path.endsWith('/models') : nonces.has(a.nonce)))
}

/** What the caller saw, in one short line. */
export const outcome = (exchange: Exchange): string => {
  const { head, end } = exchange
  if (!head) return `no answer, ${end?.how ?? 'unfinished'}${end?.detail ? ` (${end.detail})` : ''}`
  if (!exchange.request.stream || head.status !== 200) return `${head.status}, ${bodyText(exchange).slice(0, 160) || 'empty body'}${end?.how === 'complete' ? '' : `, ended ${end?.how}`}`
  const s = streamOf(exchange)
  const parts = [`${s.words.length} events with words`]
  if (s.finishReasons.length > 0) parts.push(`finish_reason ${s.finishReasons.map((f) => JSON.stringify(f)).join(', ')}`)
  if (s.errors.length > 0) parts.push(`error event ${JSON.stringify(s.errors[0]).slice(0, 120)}`)
  if (s.done > 0) parts.push(s.done === 1 ? '[DONE]' : `${s.done} × [DONE]`)
  parts.push(end?.how === 'complete' ? 'clean close' : `ended ${end?.how}`)
  return parts.join(', ')
}
