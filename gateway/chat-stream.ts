import { createParser } from 'eventsource-parser'
import type { EventSourceMessage } from 'eventsource-parser'
import { UpstreamError } from './errors.ts'
import type { Exchange } from './exchange.ts'
import { badAnswer } from './json-answer.ts'
import type { Scrub } from './scrub.ts'
import { embeddedError, isObject } from './upstream-error.ts'

/** One upstream event, re-framed for the caller. */
export interface Frame {
  readonly text: string
  /** Carries part of the answer; a role or an annotation alone does not commit the stream to this upstream. */
  readonly content: boolean
}

export interface ChatStreamOptions {
  readonly choices: number
  readonly idleMs: number
  readonly finishMs: number
  readonly maxEventChars: number
  readonly scrub: Scrub
}

const contentFields = ['content', 'refusal', 'reasoning', 'reasoning_content', 'tool_calls', 'function_call', 'audio']

/**
 * The terminal rule in one place: the frames of an upstream's chat stream. Returns only when the answer is complete
 * (every choice has a `finish_reason`, then `[DONE]` or a clean end); whatever else ends the stream is thrown.
 * `[DONE]` itself is not a frame: who relays the frames writes it, once.
 */
export async function* chatFrames(exchange: Pick<Exchange, 'chunks' | 'progress'>, options: ChatStreamOptions): AsyncGenerator<Frame, void, undefined> {
  const progress = new Progress()
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
  // Some upstreams never send `[DONE]` and keep the connection, silent or with comments: from the last finish on only a
  // short wait is left, and bytes do not renew it.
  let finishBy: number | undefined
  const patience = (): number => Math.max(1, Math.min(options.idleMs, (finishBy ?? Number.POSITIVE_INFINITY) - performance.now()))
  try {
    for await (const bytes of exchange.chunks(patience)) {
      parser.feed(decoder.decode(bytes, { stream: true }))
      if (tooLarge) throw badAnswer('The upstream sent an event that is too large.')
      for (const event of events.splice(0)) {
        if (event.data.trim() === '[DONE]') {
          if (progress.finished()) return
          throw cut('The upstream ended its stream before the answer was finished.')
        }
        const frame = readEvent(event, progress, options.scrub)
        if (frame === undefined) continue
        exchange.progress()
        yield frame
      }
      if (!progress.finished(options.choices)) finishBy = undefined
      else finishBy ??= performance.now() + options.finishMs
      if (finishBy !== undefined && performance.now() >= finishBy) return
    }
  } catch (error) {
    if (error instanceof UpstreamError && error.kind === 'timeout' && progress.finished(options.choices)) return
    throw error
  }
  // A final `[DONE]` without its blank line still says what it says; any other unterminated event is a torn one.
  parser.feed(`${decoder.decode()}\n\n`)
  const torn = events.some((event) => event.data.trim() !== '[DONE]')
  if (torn || !progress.finished()) throw cut('The upstream closed the connection before the answer was finished.')
}

/** What has been seen of each choice. */
class Progress {
  readonly #open = new Set<unknown>()
  readonly #done = new Set<unknown>()

  see(index: unknown, finished: boolean): void {
    if (finished) this.#done.add(index)
    else this.#open.add(index)
  }

  /** Every choice that appeared has finished; with `expected`, as many as were asked for. */
  finished(expected = 1): boolean {
    return this.#done.size >= expected && [...this.#open].every((index) => this.#done.has(index))
  }
}

function readEvent(event: EventSourceMessage, progress: Progress, scrub: Scrub): Frame | undefined {
  if (event.data.trim() === '') return undefined
  const chunk = parse(event.data)
  if (!isObject(chunk)) throw badAnswer('The upstream sent a stream event that is not a JSON object.')
  if (chunk['error'] !== undefined && chunk['error'] !== null) throw embeddedError(chunk['error'], scrub)
  if (event.event === 'error') throw embeddedError(chunk, scrub)
  const choices = chunk['choices']
  // Pings and notices without `choices` make SDK helpers throw. A disguised error is not lost with them: the stream
  // then lacks its finish and ends as an error.
  if (!Array.isArray(choices)) return undefined
  let content = false
  for (const choice of choices.filter(isObject)) {
    const finished = typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== ''
    progress.see(choice['index'] ?? 0, finished)
    const delta = choice['delta']
    content ||= finished || (isObject(delta) && contentFields.some((field) => isFilled(delta[field])))
  }
  // A line break can only stand between JSON tokens here, so a blank keeps the meaning and the event on one line.
  return { text: `data: ${event.data.replaceAll('\n', ' ')}\n\n`, content }
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function cut(message: string): UpstreamError {
  return new UpstreamError('cut', 'GW_ERR_UPSTREAM_CUT', { message })
}
