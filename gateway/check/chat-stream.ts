import type { EventSourceMessage } from 'eventsource-parser'
import type { Exchange } from '../call/exchange.ts'
import type { Taken } from '../call/frames.ts'
import { cut, eventFrames, readData } from './event-stream.ts'
import type { EventStreamOptions } from './event-stream.ts'
import type { Scrub } from './scrub.ts'
import { embeddedError, isObject } from './upstream-error.ts'

/** One upstream event, re-framed for the caller. */
export interface Frame {
  /** The event as it goes on the wire, empty for what the caller did not ask for; a policy that changes the chunk makes a new frame with {@link frameOf}. */
  readonly text: string
  readonly chunk: Readonly<Record<string, unknown>>
  /** Carries part of the answer; a role or an annotation alone does not commit the stream to this upstream. */
  readonly content: boolean
}

export interface ChatStreamOptions extends EventStreamOptions {
  readonly choices: number
  readonly scrub: Scrub
}

const contentFields = ['content', 'refusal', 'reasoning', 'reasoning_content', 'tool_calls', 'function_call', 'audio']

/**
 * The frames of an upstream's chat stream. Returns only when the answer is complete (every choice has a `finish_reason`,
 * then `[DONE]` or a clean end); whatever else ends the stream is thrown.
 * `[DONE]` itself is not a frame: who relays the frames writes it, once.
 */
export function chatFrames(exchange: Pick<Exchange, 'poll' | 'progress'>, options: ChatStreamOptions): Taken {
  const progress = new Progress()
  const isLast = (event: EventSourceMessage): boolean => event.data.trim() === '[DONE]'
  return eventFrames(exchange, {
    isLast,
    read(event) {
      if (isLast(event)) {
        if (progress.finished()) return []
        throw cut('The upstream ended its stream before the answer was finished.')
      }
      const frame = readEvent(event, progress, options.scrub)
      return frame === undefined ? [] : [frame]
    },
    mayEnd: () => progress.finished(),
    isSettled: () => progress.finished(options.choices),
  }, options)
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
    if (this.#done.size < expected) return false
    for (const index of this.#open) if (!this.#done.has(index)) return false
    return true
  }
}

function readEvent(event: EventSourceMessage, progress: Progress, scrub: Scrub): Frame | undefined {
  if (event.data.trim() === '') return undefined
  const chunk = readData(event)
  if (chunk['error'] !== undefined && chunk['error'] !== null) throw embeddedError(chunk['error'], scrub)
  if (event.event === 'error') throw embeddedError(chunk, scrub)
  const choices = chunk['choices']
  // Pings and notices without `choices` make SDK helpers throw. A disguised error is not lost with them: the stream
  // then lacks its finish and ends as an error.
  if (!Array.isArray(choices)) return undefined
  let content = false
  for (const choice of choices as readonly unknown[]) {
    if (!isObject(choice)) continue
    const finished = typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== ''
    progress.see(choice['index'] ?? 0, finished)
    const delta = choice['delta']
    content ||= finished || (isObject(delta) && isSpeaking(delta))
  }
  // A line break can only stand between JSON tokens here, so a blank keeps the meaning and the event on one line.
  return { text: `data: ${event.data.replaceAll('\n', ' ')}\n\n`, chunk, content }
}

/** A frame of our own making. */
export function frameOf(chunk: Readonly<Record<string, unknown>>, content = true): Frame {
  return { text: `data: ${JSON.stringify(chunk)}\n\n`, chunk, content }
}

function isSpeaking(delta: Readonly<Record<string, unknown>>): boolean {
  for (const field of contentFields) if (isFilled(delta[field])) return true
  return false
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
}
