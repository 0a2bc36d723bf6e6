import { Claims } from '../../schemas/claims.ts'
import type { ClaimsInput } from '../../schemas/claims.ts'
import type { DiaryRecord } from '../../schemas/evidence.ts'
import type { Requirement } from '../../schemas/verdict.ts'
import type { ScenarioDocument } from '../scenario.ts'
import type { Records } from './assemble.ts'
import type { Attempt, Evidence, Exchange, Headers } from './types.ts'

/** For tests: evidence as literal data. Times are milliseconds from the start; one event or chunk every 10 ms unless told. */

export const DONE = '[DONE]'

type Untimed<R> = R extends unknown ? Omit<R, 't'> & { t?: number } : never
export interface EvidenceInput {
  scenario?: Partial<ScenarioDocument>
  requirement?: Partial<Requirement>
  claims?: ClaimsInput
  exchanges?: Exchange[]
  attempts?: Attempt[]
  diary?: Untimed<DiaryRecord>[]
}

/** Evidence of a scenario with one MUST and no faults, which ran to its end. */
export const evidence = ({ scenario = {}, requirement = {}, claims = {}, exchanges = [], attempts = [], diary = [{ kind: 'window', window: 'end' }] }: EvidenceInput = {}): Evidence => ({
  scenario: {
    id: 'area/name', seed: 7, title: 'a title', requirement: { id: 'some.rule', level: 'MUST', origin: 'house', text: 'A rule.', source: 'us', ...requirement },
    features: ['chat'], needs: [], faults: [], traffic: [{ do: 'wait', for: 0 }], checks: [], upstream: 'script', exclusive: false, aliases: [], salt: '', ...scenario,
  },
  claims: Claims.parse(claims),
  exchanges,
  attempts,
  diary: diary.map((f) => ({ t: 0, ...f }) as DiaryRecord),
})

interface ExchangeInput {
  t?: number
  window?: Exchange['window']
  label?: string
  /** The request whose question it repeats. */
  question?: string
  /** The request's body. */
  asks?: object | string
  path?: string
  requestHeaders?: Headers
  status?: number
  headers?: Headers
  /** How it ended; null for one whose end was never recorded. */
  end?: NonNullable<Exchange['end']>['how'] | null
  endAt?: number
  abortedAt?: number
}

const exchange = (nonce: string, stream: boolean, type: string | undefined, chunks: Exchange['chunks'], input: ExchangeInput): Exchange => {
  const { t = 0, window = 'fault', label = 'request', end = 'complete', path = '/v1/chat/completions', asks = {}, question = nonce } = input
  const endAt = input.endAt ?? (chunks.at(-1)?.t ?? t + 10)
  return {
    nonce, question, window, label,
    request: { kind: 'request', t, nonce, window, label, method: 'POST', path, headers: input.requestHeaders ?? [], body: typeof asks === 'string' ? asks : JSON.stringify(asks), stream, ...(question === nonce ? {} : { question }) },
    ...(type === undefined ? {} : { head: { kind: 'head', t: t + 5, nonce, status: input.status ?? 200, headers: input.headers ?? [['content-type', type]] } }),
    chunks,
    ...(input.abortedAt === undefined ? {} : { abortedAt: input.abortedAt }),
    ...(end === null ? {} : { end: { kind: 'end', t: endAt, nonce, how: end, detail: '' } }),
  }
}

/** A request that got one body: an object is sent as JSON, a string as it is. */
export const jsonExchange = (nonce: string, body: object | string, input: ExchangeInput = {}): Exchange => {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return exchange(nonce, false, 'application/json', text === '' ? [] : [{ t: (input.t ?? 0) + 10, bytes: Buffer.from(text) }], input)
}

/** A request that got no answer at all. */
export const noAnswer = (nonce: string, end: NonNullable<Exchange['end']>['how'], input: ExchangeInput & { stream?: boolean } = {}): Exchange =>
  exchange(nonce, input.stream ?? false, undefined, [], { end, ...input })

/** A stream of events; an object is sent as the JSON of one event, `raw` bytes as they are, and `at` names its time. */
export const streamExchange = (nonce: string, events: (object | string | { at: number; send: object | string } | { raw: string | Buffer })[], input: ExchangeInput = {}): Exchange => {
  const frame = (data: object | string): Buffer => Buffer.from(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  const chunks = events.map((event, i) => {
    const t = (input.t ?? 0) + 10 * (i + 1)
    if (typeof event === 'object' && 'raw' in event) return { t, bytes: Buffer.from(event.raw) }
    return typeof event === 'object' && 'send' in event ? { t: event.at, bytes: frame(event.send) } : { t, bytes: frame(event) }
  })
  return exchange(nonce, true, 'text/event-stream', chunks, input)
}

interface AttemptInput {
  id?: string
  lane?: string
  attempt?: number
  t?: number
  status?: number | null
  headers?: Headers
  /** The request's body as the upstream got it. */
  asks?: object | string
  method?: string
  path?: string
  /** The events or the body that the upstream sent. */
  events?: (object | string)[]
  body?: object | string
  faults?: string[]
  held?: ('caller' | 'expired')[]
  peerClosed?: 'before-head' | 'body' | 'after-end'
  end?: NonNullable<Attempt['end']>['how'] | null
  endAt?: number
}

const text = (value: object | string): string => (typeof value === 'string' ? value : JSON.stringify(value))

/** One upstream call. Its head comes at `t`, so does its end unless told. */
export const attempt = (nonce: string | null, input: AttemptInput = {}): Attempt => {
  const { t = 1, lane = 'primary', attempt: number = 1, status = 200, events = [], faults = [], held = [], end = 'complete' } = input
  const id = input.id ?? `${lane}-${nonce}-${number}`
  return {
    id, lane, nonce, attempt: number,
    request: { kind: 'request', t, id, lane, nonce, attempt: number, method: input.method ?? 'POST', path: input.path ?? '/v1/chat/completions', headers: input.headers ?? [], body: text(input.asks ?? {}) },
    ...(status === null ? {} : { head: { kind: 'head', t, id, status, headers: [] } }),
    events: events.map((event, i) => ({ kind: 'event', t: t + i, id, index: i, text: text(event) })),
    ...(input.body === undefined ? {} : { body: { kind: 'body', t, id, text: text(input.body) } }),
    faults: faults.map((fault) => ({ kind: 'fault', t, id, fault, detail: '' })),
    held: held.map((released, i) => ({ kind: 'held', t, id, index: i + 1, released })),
    ...(input.peerClosed === undefined ? {} : { peerClosed: { kind: 'peer-closed', t: input.endAt ?? t, id, during: input.peerClosed } }),
    ...(end === null ? {} : { end: { kind: 'end', t: input.endAt ?? t, id, how: end } }),
  }
}

const base = { id: 'chatcmpl-1', created: 1, model: 'tiny' }

/** `chat.completion.chunk`s. */
export const chunk = (delta: object, finish: string | null = null, more: object = {}): object => ({ ...base, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason: finish }], ...more })
export const role = chunk({ role: 'assistant', content: '' })
export const word = (content: string, more: object = {}): object => chunk({ content }, null, more)
export const finish = (reason = 'stop'): object => chunk({}, reason)
export const usageChunk = (usage: object, choices: object[] = []): object => ({ ...base, object: 'chat.completion.chunk', choices, usage })
/** A whole stream that says these words. */
export const wholeStream = (...words: string[]): (object | string)[] => [role, ...words.map((w) => word(w)), finish(), DONE]

export const completion = (content: string, more: object = {}, reason = 'stop'): object => ({
  ...base, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: reason }], ...more,
})
export const errorBody = (message = 'The upstream failed.', more: object = {}): { error: object } => ({ error: { message, type: 'server_error', param: null, code: null, ...more } })

/** Evidence taken apart into the records that a run folder holds. */
export const recordsOf = ({ exchanges, attempts, diary }: Evidence): Records => {
  const some = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value])
  return {
    client: exchanges.flatMap(({ nonce, request, head, chunks, abortedAt, end }) => [
      request, ...some(head), ...chunks.map(({ t, bytes }) => ({ kind: 'bytes' as const, t, nonce, data: bytes.toString('base64') })),
      ...(abortedAt === undefined ? [] : [{ kind: 'abort' as const, t: abortedAt, nonce }]), ...some(end),
    ]),
    upstream: attempts.flatMap((a) => [a.request, ...some(a.head), ...a.events, ...some(a.body), ...a.faults, ...a.held, ...some(a.peerClosed), ...some(a.end)]),
    diary,
  }
}
