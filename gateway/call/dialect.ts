import type { EventStreamOptions } from '../check/event-stream.ts'
import type { Scrub } from '../check/scrub.ts'
import type { UpstreamError } from '../errors.ts'
import type { Call, JsonAnswer } from './attempt.ts'
import type { Taken } from './frames.ts'
import type { Exchange } from './exchange.ts'

/** A call in the words of one provider. `path` comes behind the base URL. */
export interface DialectRequest {
  readonly path: string
  readonly body: string
}

export interface StreamOptions extends EventStreamOptions {
  readonly scrub: Scrub
}

/** How one kind of provider is spoken to. Whatever is outside of it sees OpenAI's dialect only. */
export interface Dialect {
  /** What every request carries: the credentials, and the version where there is one. */
  headers(apiKey: string | undefined): Readonly<Record<string, string>>
  /** Throws an UpstreamError of kind `unsupported` for what the provider has no words for. */
  request(call: Call, model: string): DialectRequest
  /** The failure that an answer with another status than 200 is. */
  statusError(exchange: Pick<Exchange, 'status' | 'headers'>, body: Buffer, scrub: Scrub): UpstreamError
  /** The failure of a 200 that should have been a stream. */
  notAStream(body: Buffer, scrub: Scrub): UpstreamError
  /** The body of a 200 as OpenAI's answer; throws an UpstreamError when it is none. */
  answer(body: Buffer, call: Call, scrub: Scrub): JsonAnswer
  /** The stream of a 200 as OpenAI's chunks; returns only when the answer is complete. */
  frames(exchange: Pick<Exchange, 'poll' | 'progress'>, call: Call, options: StreamOptions): Taken
}
