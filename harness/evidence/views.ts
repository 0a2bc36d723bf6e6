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
  /** Non-empty contents of choice 0 with their times. */
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

/** A text as JSON; undefined when it is not. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Choice 0 of a completion or chunk. With n > 1 a chunk carries any one choice, so its place in the list says nothing. */
const firstChoice = (json: unknown): unknown => {
  const list = at(json, 'choices')
  return Array.isArray(list) ? list.find((choice) => (at(choice, 'index') ?? 0) === 0) : undefined
}

/** True for an event by which SDKs raise: one with an error in it, or one of that type. */
export const isError = ({ type, json }: Pick<StreamEvent, 'type' | 'json'>): boolean => type === 'error' || (at(json, 'error') ?? null) !== null

/** Everything the caller got after the head, as text. */
export const bodyText = (exchange: Exchange): string => Buffer.concat(exchange.chunks.map((c) => c.bytes)).toString()
/** The body as JSON; undefined when it is not. */
export const bodyJson = (exchange: Exchange): unknown => parseJson(bodyText(exchange))
/** A header of the answer, by lower-case name. */
export const header = (exchange: Exchange, name: string): string | undefined => exchange.head?.headers.find(([k]) => k.toLowerCase() === name)?.[1]

/** The stream of an exchange; decoded once. */
export const streamOf = (exchange: Exchange): StreamView => {
  const known = streams.get(exchange)
  if (known) return known
  const { events: raw, rest } = decodeSse(exchange.chunks.map((c) => c.bytes))
  const events = raw.map((e) => ({ t: exchange.chunks[e.at]?.t ?? 0, type: e.type, data: e.data, json: parseJson(e.data) }))
  const firstDone = events.findIndex((e) => e.data === '[DONE]')
  const view: StreamView = {
    events, rest, words: [], text: '', finishReasons: [], errors: [], ids: new Set(), usages: [],
    done: events.filter((e) => e.data === '[DONE]').length,
    afterDone: firstDone === -1 ? 0 : events.length - firstDone - 1,
  }
  for (const { t, json, type, data } of events) {
    const choice = firstChoice(json)
    const content = at(choice, 'delta', 'content')
    if (typeof content === 'string' && content !== '') view.words.push({ t, text: content })
    const finish = at(choice, 'finish_reason')
    if (typeof finish === 'string') view.finishReasons.push(finish)
    if (isError({ type, json })) view.errors.push(at(json, 'error') ?? json ?? data)
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
  const content = at(firstChoice(bodyJson(exchange)), 'message', 'content')
  return typeof content === 'string' ? content : ''
}

/** The words one upstream attempt sent. */
export const upstreamText = (attempt: Attempt): string => {
  if (attempt.body) {
    const content = at(firstChoice(parseJson(attempt.body.text)), 'message', 'content')
    return typeof content === 'string' ? content : ''
  }
  return attempt.events.map((e) => at(firstChoice(parseJson(e.text)), 'delta', 'content')).filter((c) => typeof c === 'string').join('')
}

/** The finish_reasons that the caller got for choice 0. */
export const finishReasons = (exchange: Exchange): string[] => {
  if (exchange.request.stream) return streamOf(exchange).finishReasons
  const reason = at(firstChoice(bodyJson(exchange)), 'finish_reason')
  return typeof reason === 'string' ? [reason] : []
}

/** The finish_reason that one upstream attempt sent; undefined for one that was cut before it. */
export const upstreamFinish = (attempt: Attempt): unknown =>
  [...(attempt.body ? [attempt.body.text] : []), ...attempt.events.map((e) => e.text)].map((text) => at(firstChoice(parseJson(text)), 'finish_reason')).find((reason) => typeof reason === 'string')

/** The requests of the fault window, those with one of the labels where any are given. */
export const faultPhase = (evidence: Evidence, labels?: readonly string[]): Exchange[] =>
  evidence.exchanges.filter((x) => x.window === 'fault' && (labels === undefined || labels.includes(x.label)))

/** Upstream calls made for one request, in order, on one lane or all. */
export const attemptsOf = (evidence: Evidence, nonce: string, lane?: string): Attempt[] =>
  evidence.attempts.filter((a) => a.nonce === nonce && (lane === undefined || a.lane === lane)).sort((a, b) => a.request.t - b.request.t)

/**
 * Whether a plain request got its own answer from the upstream. A 200 alone proves nothing: a target that makes its answers up
 * is never ill, and it would be taken for healthy before a fault.
 */
export const isRelayed = (exchange: Exchange, evidence: Pick<Evidence, 'attempts'>): boolean =>
  exchange.head?.status === 200 && exchange.end?.how === 'complete' &&
  evidence.attempts.some((a) => a.nonce === exchange.nonce && a.head?.status === 200) &&
  (exchange.request.path.endsWith('/embeddings') ? at(bodyJson(exchange), 'data', 0, 'embedding') !== undefined : answerText(exchange).includes(exchange.nonce))

/** Upstream calls for the requests of the fault window and for requests without a known nonce, but not for models lists. */
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

/** The worst lag of the harness's event loop while it was timing, in milliseconds. */
export const lagOf = (evidence: Pick<Evidence, 'diary'>): number => Math.max(0, ...evidence.diary.map((f) => (f.kind === 'lag' ? f.ms : 0)))
