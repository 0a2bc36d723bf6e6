import { createParser } from 'eventsource-parser'
import type { EventSourceMessage } from 'eventsource-parser'
import { UpstreamError } from '../errors.ts'
import type { Exchange } from '../call/exchange.ts'
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
export async function* eventFrames(exchange: Pick<Exchange, 'chunks' | 'progress'>, reader: EventReader, options: EventStreamOptions): AsyncGenerator<Frame, void, undefined> {
  const events: EventSourceMessage[] = []
  let tooLarge = false
  const parser = createParser({
    maxBufferSize: options.maxEventChars,
    onEvent: (event) => events.push(event),
    onError: (error) => {
      tooLarge ||= error.type === 'max-buffer-size-exceeded'
    },
  })
  // The parser strips the one BOM that the format allows; a decoder that strips one too would eat a second.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  // Some upstreams never say that they are done and keep the connection, silent or with comments: once nothing is
  // missing only a short wait is left, and bytes do not renew it.
  let finishBy: number | undefined
  const patience = (): number => Math.max(1, Math.min(options.idleMs, (finishBy ?? Number.POSITIVE_INFINITY) - performance.now()))
  try {
    for await (const bytes of exchange.chunks(patience)) {
      parser.feed(decoder.decode(bytes, { stream: true }))
      if (tooLarge) throw badAnswer('The upstream sent an event that is too large.')
      for (const event of events.splice(0)) {
        for (const frame of reader.read(event)) {
          exchange.progress()
          yield frame
        }
        if (reader.isLast(event)) return
      }
      if (!reader.isSettled()) finishBy = undefined
      else finishBy ??= performance.now() + options.finishMs
      if (finishBy !== undefined && performance.now() >= finishBy) return
    }
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'timeout' && reader.isSettled()) return
    throw error
  }
  // A last event without its blank line still says what it says; any other unterminated event is a torn one.
  parser.feed(`${decoder.decode()}\n\n`)
  const [rest] = events
  if (rest !== undefined && reader.isLast(rest)) yield* reader.read(rest)
  else if (rest !== undefined || !reader.mayEnd()) throw cut('The upstream closed the connection before the answer was finished.')
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
