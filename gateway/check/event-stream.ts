import { isAscii } from 'node:buffer'
import { TextDecoder } from 'node:util'
import { createParser } from 'eventsource-parser'
import type { EventSourceMessage, EventSourceParser } from 'eventsource-parser'
import { UpstreamError } from '../errors.ts'
import type { Exchange } from '../call/exchange.ts'
import { over, Taken } from '../call/frames.ts'
import type { Next } from '../call/frames.ts'
import type { Frame } from './chat-stream.ts'
import { badAnswer, parseJson } from './json-answer.ts'
import { isObject } from './upstream-error.ts'

export interface EventStreamOptions {
  readonly idleMs: number
  readonly finishMs: number
  readonly maxEventChars: number
}

/** What one provider's events mean. Holds the state of one stream. */
export interface EventReader {
  /** What an event is for the caller, in order; throws what the event says went wrong. */
  read(event: EventSourceMessage): readonly Frame[]
  /** Whether the event says that nothing follows. */
  isLast(event: EventSourceMessage): boolean
  /** Whether the connection may end here without such an event. */
  mayEnd(): boolean
  /** Whether nothing is missing any more, so that silence is an end as well. */
  isSettled(): boolean
}

/**
 * The frames of an upstream's event stream, each as its event comes. Returns only where the reader says that the answer
 * is complete; whatever else ends the stream is thrown.
 */
export function eventFrames(exchange: Pick<Exchange, 'poll' | 'progress'>, reader: EventReader, options: EventStreamOptions): Taken {
  return new EventFrames(exchange, reader, options)
}

const none: readonly Frame[] = []

class EventFrames extends Taken {
  readonly #exchange: Pick<Exchange, 'poll' | 'progress'>
  readonly #reader: EventReader
  readonly #options: EventStreamOptions
  readonly #parser: EventSourceParser
  /** Made when there is something to decode: it is larger than all else that a stream needs here, and many never say a word beyond ASCII. */
  #decoder: TextDecoder | undefined
  /** What has come and was not looked at. */
  #events: EventSourceMessage[] = []
  /** What the last event was for the caller, and was not taken. */
  #due: readonly Frame[] = none
  /** How many of them were taken. */
  #taken = 0
  #isTooLarge = false
  /** Some upstreams never say that they are done and keep the connection, silent or with comments: once nothing is missing only a short wait is left, and bytes do not renew it. */
  #finishBy: number | undefined
  #isOver = false

  constructor(exchange: Pick<Exchange, 'poll' | 'progress'>, reader: EventReader, options: EventStreamOptions) {
    super()
    this.#exchange = exchange
    this.#reader = reader
    this.#options = options
    this.#parser = createParser({
      maxBufferSize: options.maxEventChars,
      onEvent: (event) => this.#events.push(event),
      onError: (error) => {
        this.#isTooLarge ||= error.type === 'max-buffer-size-exceeded'
      },
    })
  }

  poll(wake: () => void): Next | undefined {
    try {
      for (;;) {
        const frame = this.#shown()
        if (frame !== undefined) {
          this.#exchange.progress()
          return { done: false, value: frame }
        }
        if (this.#isOver || this.#isLate()) break
        const bytes = this.#exchange.poll(this.#patience(), wake)
        if (bytes === undefined) return undefined
        if (bytes === 'end') this.#close()
        else this.#feed(this.#decoded(bytes))
      }
    } catch (error) {
      this.#isOver = true
      if (!(error instanceof UpstreamError && error.kind === 'timeout' && this.#reader.isSettled())) throw error
    }
    this.#isOver = true
    return over
  }

  return(): Promise<Next> {
    this.#isOver = true
    this.#events = []
    this.#due = none
    return Promise.resolve(over)
  }

  #decoded(bytes: Buffer): string {
    if (this.#decoder === undefined && isAscii(bytes)) return bytes.toString('latin1')
    // The parser strips the one BOM that the format allows; a decoder that strips one too would eat a second.
    this.#decoder ??= new TextDecoder('utf-8', { ignoreBOM: true })
    return this.#decoder.decode(bytes, { stream: true })
  }

  #feed(text: string): void {
    this.#parser.feed(text)
    if (this.#isTooLarge) throw badAnswer('The upstream sent an event that is too large.')
  }

  /** The next frame of what has come. */
  #shown(): Frame | undefined {
    for (;;) {
      const frame = this.#due[this.#taken]
      if (frame !== undefined) {
        this.#taken++
        return frame
      }
      if (this.#isOver) return undefined
      const event = this.#events.shift()
      if (event === undefined) return undefined
      this.#isOver = this.#reader.isLast(event)
      this.#see(event)
    }
  }

  #see(event: EventSourceMessage): void {
    this.#taken = 0
    // Before the reader may throw.
    this.#due = none
    this.#due = this.#reader.read(event)
  }

  #isLate(): boolean {
    if (!this.#reader.isSettled()) this.#finishBy = undefined
    else this.#finishBy ??= performance.now() + this.#options.finishMs
    return this.#finishBy !== undefined && performance.now() >= this.#finishBy
  }

  #patience(): number {
    return this.#finishBy === undefined ? this.#options.idleMs : Math.max(1, Math.min(this.#options.idleMs, this.#finishBy - performance.now()))
  }

  /** A last event without its blank line still says what it says; any other unterminated event is a torn one. */
  #close(): void {
    this.#parser.feed(`${this.#decoder?.decode() ?? ''}\n\n`)
    const [rest] = this.#events
    this.#events = []
    this.#isOver = true
    if (rest !== undefined && this.#reader.isLast(rest)) this.#see(rest)
    else if (rest !== undefined || !this.#reader.mayEnd()) throw cut('The upstream closed the connection before the answer was finished.')
  }
}

/** The data of an event as the JSON object it has to be. */
export function readData(event: EventSourceMessage): Record<string, unknown> {
  const data = parseJson(event.data)
  if (!isObject(data)) throw badAnswer('The upstream sent a stream event that is not a JSON object.')
  return data
}

/** The failure of a stream that ends before its answer does. */
export function cut(message: string): UpstreamError {
  return new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT', { message })
}
