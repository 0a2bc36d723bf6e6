import type { Call } from './call.ts'
import { Failure, fieldsOf, upstreamError } from './failure.ts'
import { chunkRedactor } from './redact.ts'
import type { Unfinished } from './seams.ts'
import type { Sink } from './sink.ts'
import { SseParser } from './sse.ts'
import { collect, refusal, scrubber, timedOut, type Setup, type Wire } from './upstream.ts'

type Piece =
  | { kind: 'chunk'; data: string; json: Record<string, unknown> }
  | { kind: 'comment'; text: string }
  | { kind: 'done' }
  | { kind: 'over'; why: Unfinished['why']; failure: Failure }

const over = (why: Unfinished['why'], failure: Failure): Piece => ({ kind: 'over', why, failure })
const cut = (): Failure => new Failure({ origin: 'cut', status: 502, message: 'The upstream broke off the stream.', code: 'upstream_cut' })

/** An upstream's event stream as pieces: chunks, comments, the [DONE], or the reason it ended without one. */
export class Chunks {
  readonly wire: Wire
  readonly #setup: Setup
  readonly #call: Call
  readonly #parser: SseParser
  #pieces: Piece[] = []

  constructor(setup: Setup, call: Call, wire: Wire) {
    this.#setup = setup
    this.#call = call
    this.wire = wire
    this.#parser = new SseParser(setup.seams)
  }

  /** The next piece; `holdMs` instead of the idle limit is a wait whose end means nothing. */
  async next(holdMs?: number): Promise<Piece> {
    const { seams, numbers } = this.#setup
    for (;;) {
      const piece = this.#pieces.shift()
      if (piece !== undefined) return piece
      const bytes = await this.wire.next(holdMs ?? seams.limit('event', Math.min(numbers.idleMs, this.#call.deadline - performance.now())))
      if (bytes === 'timeout') return over('stall', timedOut(this.#call, 'The upstream stopped in the middle of the stream.'))
      if (typeof bytes === 'string') return over(bytes, cut())
      for (const item of this.#parser.push(bytes)) {
        if (item.kind === 'comment') this.#pieces.push(item)
        else if (item.data !== '') this.#pieces.push(this.#read(item.event, item.data))
      }
    }
  }

  unread(pieces: Piece[]): void {
    this.#pieces.unshift(...pieces)
  }

  #read(event: string, data: string): Piece {
    if (data.trim() === '[DONE]') return { kind: 'done' }
    try {
      const json = this.#setup.seams.parseChunk(data)
      const error = upstreamError(event === 'error' && json['error'] === undefined ? { error: json } : json, scrubber(this.#setup))
      return error === null ? { kind: 'chunk', data, json } : over('in-band', new Failure({ origin: 'in-band', status: 502, ...error, type: error.type ?? 'server_error' }))
    } catch (error) {
      return over('malformed', error instanceof Failure ? error : cut())
    }
  }
}

const choicesOf = (json: Record<string, unknown>): Record<string, unknown>[] => (Array.isArray(json['choices']) ? json['choices'].map(fieldsOf) : [])

const hasContent = (json: Record<string, unknown>): boolean =>
  choicesOf(json).some((choice) => Boolean(choice['finish_reason']) || Object.entries(fieldsOf(choice['delta'])).some(([key, value]) => key !== 'role' && value !== null && value !== ''))

/** Waits until a stream has shown content: an error before that is a failed attempt and not yet the caller's. */
export async function begin(setup: Setup, call: Call, wire: Wire): Promise<Chunks> {
  if (!setup.seams.isEventStream(wire.res.headers['content-type'] ?? '')) throw refusal(setup, 200, await collect(setup, call, wire), null)
  const chunks = new Chunks(setup, call, wire)
  const held: Piece[] = []
  for (;;) {
    const waiting = held.some((piece) => piece.kind === 'chunk')
    const piece = await chunks.next(waiting ? setup.numbers.holdMs : undefined)
    if (piece.kind === 'over' && !(waiting && piece.why === 'stall')) throw piece.failure
    if (piece.kind === 'done' && !waiting) throw refusal(setup, 200, '', null)
    if (piece.kind !== 'over') held.push(piece)
    if (piece.kind === 'over' || piece.kind === 'done' || (piece.kind === 'chunk' && hasContent(piece.json))) break
  }
  chunks.unread(held)
  return chunks
}

/** Relays a begun stream event by event; answers what became of the attempt: null for a whole answer. */
export async function relay(setup: Setup, call: Call, sink: Sink, chunks: Chunks, again: () => Promise<void>): Promise<Failure | null> {
  const { seams, numbers } = setup
  const open = new Map<unknown, boolean>()
  const redact = chunkRedactor(() => seams.redactor())
  let last: Record<string, unknown> = {}
  for (;;) {
    const piece = await chunks.next()
    if (call.signal.aborted) {
      const reason: unknown = call.signal.reason
      if (reason instanceof Failure) sink.fail(reason)
      return new Failure({ origin: 'abort', status: 499, message: 'The caller left.' })
    }
    if (piece.kind === 'comment') {
      const data = seams.comment(piece.text)
      if (data !== null) await sink.write(data)
      continue
    }
    if (piece.kind === 'chunk') {
      last = piece.json
      for (const choice of choicesOf(piece.json)) open.set(choice['index'], open.get(choice['index']) !== false && !choice['finish_reason'])
      for (const shown of redact(piece.data, piece.json)) {
        const data = await seams.payload(shown, call, (text) => void sink.write(text))
        if (data !== null) await sink.write(data)
      }
      continue
    }
    // Every choice has its finish_reason: only the [DONE] is missing, and the answer is whole without it.
    const finished = open.size > 0 && [...open.values()].every((unfinished) => !unfinished)
    if (piece.kind === 'done' || (finished && (piece.why === 'eof' || piece.why === 'stall'))) {
      sink.end(seams.done)
      chunks.wire.release(numbers.idleMs)
      return null
    }
    chunks.wire.res.destroy()
    await seams.onUnfinished({ why: piece.why, failure: piece.failure, call, sink, last, again })
    return piece.failure
  }
}
