import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { BreakerRules } from './breaker.ts'
import type { Call } from './call.ts'
import type { Lane, Numbers } from './config.ts'
import { RETRY_STATUSES } from './config.ts'
import { Failure, fieldsOf, retryAfterMs } from './failure.ts'
import type { LimitRule, LimitState } from './limit.ts'
import type { QueueRule } from './queue.ts'
import { holdingRedactor, type Redactor } from './redact.ts'
import type { Sink } from './sink.ts'
import { openSink } from './sink.ts'
import type { SseRules } from './sse.ts'
import { standardSse } from './sse.ts'

/** A stream the upstream did not finish, as `onUnfinished` gets it. */
export interface Unfinished {
  why: 'eof' | 'cut' | 'stall' | 'malformed' | 'in-band'
  failure: Failure
  call: Call
  sink: Sink
  /** The last chunk relayed. */
  last: Record<string, unknown>
  /** Asks the upstream anew and relays its whole answer into the same sink. */
  again(): Promise<void>
}

/** Who asks: by the plain key, or by the one that a rate limit holds. */
export type Caller = 'caller' | 'limited'

/** What health answers are made from. */
export interface Condition {
  draining: boolean
  redis: boolean
  openBreakers: number
}

export interface AskBody extends Record<string, unknown> {
  model: string
}

/**
 * Every decision of the proxy that a control may change. `honest` holds the right ones; a control patches one (or the few
 * that are one switch). Each is named for the moment it is asked.
 */
export interface Seams extends SseRules {
  // caller to proxy
  /** Takes a request over whole, before anything else looks at it. */
  intercept(req: IncomingMessage, res: ServerResponse): boolean
  /** The id of a request, from what the caller gave as one. */
  requestId(given: string): string
  authorised(key: string | undefined, expected: string): boolean
  /** Whether a caller's request uses up the limit, has to find it open, or neither. */
  counts(caller: Caller): 'takes' | 'looks' | 'free'
  limitRule(rule: LimitRule): LimitRule
  limitHeaders(state: LimitState): Record<string, string>
  /** Throws what a caller over the limit gets. */
  overLimit(failure: Failure, headers: IncomingHttpHeaders): void
  parse(text: string, path: string): AskBody
  /** Throws when a message is too long. */
  checkLength(body: AskBody, most: number): void
  /** Throws when a stream is asked of a model that has none. */
  checkStream(body: AskBody, jsonOnly: readonly string[]): void
  lanesOf(models: Readonly<Record<string, string[]>>, name: string): string[] | undefined
  modelList(models: { id: string; object: 'model'; created: number; owned_by: string }[]): unknown
  onCallerGone(call: Call): void
  live(condition: Condition): boolean
  ready(condition: Condition): boolean
  refusesWork(condition: Condition): boolean
  drainMs(ms: number): number
  /** What a kept answer is found by; null for a call that is neither answered from what is kept nor kept itself. */
  cacheKey(call: Call): string | null
  /** Whether a call that ended so is kept; null for a whole answer. */
  keeps(failure: Failure | null): boolean
  /** A kept stream as it is sent again, without its [DONE]. */
  replay(events: readonly string[]): readonly string[]
  queueRule(rule: QueueRule): QueueRule
  // proxy to upstream
  requestBody(text: string, call: Call): string
  upstreamHeaders(headers: Record<string, string>, call: Call): Record<string, string>
  chain(lanes: Lane[]): Lane[]
  attempts(retries: number): number
  retryable(failure: Failure): 'same' | 'next' | 'never'
  retryAfterMs(header: string | null): number | null
  backoffMs(attempt: number, numbers: Numbers): number
  limit(phase: 'connect' | 'head' | 'body' | 'event' | 'redis', ms: number): number
  breaker(rules: BreakerRules): BreakerRules
  breakerName(lane: Lane): string
  asksBreaker(attempt: number): boolean
  trips(failure: Failure): boolean
  // upstream to caller
  isEventStream(contentType: string): boolean
  /** Throws when a 200 is no answer. */
  checkAnswer(text: string, call: Call): void
  /** Throws when an event is no chunk. */
  parseChunk(data: string): Record<string, unknown>
  /** What to relay for a comment, null for nothing. */
  comment(text: string): string | null
  redactor(): Redactor
  keepAliveMs(ms: number): number
  keepAliveText: string
  /** Every chunk and every whole answer on its way to the caller; null drops it. `emit` sends another chunk later. */
  payload(text: string, call: Call, emit: (data: string) => void): string | null | Promise<string | null>
  streamHeaders(headers: Record<string, string>): Record<string, string>
  sink(res: ServerResponse, headers: Record<string, string>, patience: () => number): Sink
  done: readonly string[]
  onUnfinished(stream: Unfinished): void | Promise<void>
  // errors
  scrub(text: string, secrets: { key: string; places: string[] }): string
  connectMessage(error: Error, lane: Lane): string
  mapStatus(failure: Failure): number
  errorHeaders(failure: Failure): Record<string, string>
  errorBody(failure: Failure): { type: string; text: string }
  /** Answers a failed call itself instead of the error envelope. */
  takeOver(failure: Failure, call: Call, res: ServerResponse): boolean
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const bad = (message: string, param: string | null = null): Failure => new Failure({ origin: 'caller', status: 400, message, param })
const noAnswer = (): Failure => new Failure({ origin: 'answer', status: 502, message: 'The upstream sent no valid answer.', code: 'upstream_bad_response' })

const parseJson = (text: string, otherwise: () => Failure): Record<string, unknown> => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw otherwise()
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw otherwise()
  return fieldsOf(value)
}

/** The well-behaved proxy, decision by decision. */
export const honest: Seams = {
  ...standardSse,
  intercept: () => false,
  requestId: (given) => (/^[\w.:@/+=-]{1,128}$/.test(given) ? given : randomUUID()),
  authorised: (key, expected) => key !== undefined && timingSafeEqual(digest(key), digest(expected)),
  counts: (caller) => (caller === 'limited' ? 'takes' : 'free'),
  limitRule: (rule) => rule,
  limitHeaders: ({ limit, remaining, resetMs }) => ({ 'x-ratelimit-limit': String(limit), 'x-ratelimit-remaining': String(remaining), 'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)) }),
  overLimit(failure) {
    throw failure
  },
  parse(text, path) {
    const body = parseJson(text, () => bad('The request body is not a valid JSON object.'))
    if (typeof body['model'] !== 'string') throw bad('`model` must be a string.', 'model')
    if (path === '/chat/completions' && !Array.isArray(body['messages'])) throw bad('`messages` must be an array.', 'messages')
    if (path === '/embeddings' && body['input'] === undefined) throw bad('`input` is required.', 'input')
    return { ...body, model: body['model'] }
  },
  checkLength(body, most) {
    const messages: unknown[] = Array.isArray(body['messages']) ? body['messages'] : []
    const long = messages.findIndex((message) => {
      const { content } = fieldsOf(message)
      return typeof content === 'string' && Array.from(content).length > most
    })
    if (long !== -1) throw bad(`The message is longer than ${most} characters.`, `messages[${long}].content`)
  },
  checkStream(body, jsonOnly) {
    if (body['stream'] === true && jsonOnly.includes(body.model)) throw bad(`The model \`${body.model}\` cannot stream.`, 'stream')
  },
  lanesOf: (models, name) => Object.entries(models).find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1],
  modelList: (data) => ({ object: 'list', data }),
  onCallerGone: (call) => call.abort(),
  live: () => true,
  ready: ({ draining, redis }) => !draining && redis,
  refusesWork: ({ draining }) => draining,
  drainMs: (ms) => ms,

  cacheKey: ({ caller, path, model, body, headers }) => (/\bno-store\b/i.test(headers['cache-control'] ?? '') ? null : JSON.stringify([caller, path, model, body])),
  keeps: (failure) => failure === null,
  replay: (events) => events,
  queueRule: (rule) => rule,

  requestBody: (text) => text,
  upstreamHeaders: (headers) => headers,
  chain: (lanes) => lanes,
  attempts: (retries) => 1 + retries,
  retryable(failure) {
    if (failure.origin === 'timeout' || failure.origin === 'open') return 'next'
    const status = failure.upstreamStatus
    if (status !== null) return RETRY_STATUSES.includes(status) ? 'same' : status >= 500 ? 'next' : 'never'
    return ['connect', 'answer', 'cut', 'in-band'].includes(failure.origin) ? 'same' : 'never'
  },
  retryAfterMs,
  backoffMs: (attempt, { backoffBaseMs, backoffCapMs }) => Math.random() * Math.min(backoffCapMs, backoffBaseMs * 2 ** attempt),
  limit: (_phase, ms) => ms,
  breaker: (rules) => rules,
  breakerName: (lane) => lane.name,
  asksBreaker: () => true,
  trips: ({ origin, upstreamStatus }) => (upstreamStatus === null ? ['connect', 'timeout', 'answer', 'cut', 'in-band'].includes(origin) : upstreamStatus >= 500),

  isEventStream: (contentType) => /^text\/event-stream\s*(;|$)/i.test(contentType),
  checkAnswer(text, call) {
    const answer = parseJson(text, noAnswer)
    if (!Array.isArray(answer[call.path === '/embeddings' ? 'data' : 'choices'])) throw noAnswer()
  },
  parseChunk: (data) => parseJson(data, noAnswer),
  comment: () => null,
  redactor: holdingRedactor,
  keepAliveMs: (ms) => ms,
  keepAliveText: ': keep-alive\n\n',
  payload: (text) => text,
  streamHeaders: (headers) => headers,
  sink: openSink,
  done: ['[DONE]'],
  onUnfinished: ({ sink, failure }) => sink.fail(failure),

  scrub: (text, { key, places }) => [key, ...places].reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text),
  connectMessage: () => 'The upstream could not be reached.',
  mapStatus: (failure) => failure.status,
  errorHeaders: (failure) => ({ ...failure.headers, ...(failure.retryAfter === null ? {} : { 'retry-after': failure.retryAfter }) }),
  errorBody: (failure) => ({ type: 'application/json', text: JSON.stringify(failure.envelope()) }),
  takeOver: () => false,
}
