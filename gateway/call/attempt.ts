import type { Frame } from '../check/chat-stream.ts'
import { badAnswer } from '../check/json-answer.ts'
import type { Scrub } from '../check/scrub.ts'
import type { Config } from '../config.ts'
import type { Keyed } from '../lookup/cache-key.ts'
import type { Scope } from '../scope.ts'
import type { ChatRequest, EmbeddingsRequest } from '../validate/validate.ts'
import { settle } from './breaker.ts'
import type { Permit } from './breaker.ts'
import type { DialectRequest } from './dialect.ts'
import { Exchange } from './exchange.ts'
import { polled, resumed } from './frames.ts'
import type { Frames } from './frames.ts'
import { staged } from './staged.ts'
import type { Upstream } from './upstream.ts'

/** What goes on to the upstream of a request's headers. All have all members, in this order: objects of many shapes make whoever reads them slow. */
export interface PassedHeaders {
  readonly 'x-request-id': string
  readonly 'user-agent': string | undefined
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
}

/** What a caller asked for, as far as the upstream call needs to know. */
export interface Call {
  readonly path: '/chat/completions' | '/embeddings'
  readonly raw: string
  /** `raw` parsed, where that has been done; only upstreams of another dialect need it. */
  readonly body?: ChatRequest | EmbeddingsRequest
  readonly headers: PassedHeaders
  readonly stream: boolean
  readonly choices: number
  /** What two requests share when the same answer is right for both; kept where it was made, because several policies ask for it. */
  keyed?: Keyed
}

/** `text` goes to the caller as it came, `json` is the same parsed; a policy that changes one changes both. */
export interface JsonAnswer {
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

export type Answer =
  | ({ readonly kind: 'json' } & JsonAnswer)
  /** Frames may be taken once. Taking them to the end, or leaving early, settles the attempt. */
  | { readonly kind: 'stream'; readonly frames: Frames }

export type AttemptConfig = Pick<Config, 'timeouts' | 'limits' | 'stream'>

const errorBodyBytes = 65_536

/** One upstream call, from `request` (`call` in the upstream's dialect) to an answer that is worth relaying; throws an UpstreamError otherwise. */
export async function attempt(upstream: Upstream, request: DialectRequest, call: Call, permit: Permit, scope: Scope, config: AttemptConfig, scrub: Scrub): Promise<Answer> {
  const { dialect } = upstream
  let exchange: Exchange | undefined
  try {
    exchange = Exchange.open(upstream, { path: request.path, body: request.body, headers: headersOf(call, upstream) }, scope, config.timeouts)
    await exchange.answered
    const { idleMs } = config.timeouts
    if (exchange.status !== 200) throw dialect.statusError(exchange, await readErrorBody(exchange, idleMs), scrub)
    const encoding = exchange.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') throw badAnswer('The upstream compressed its answer although it was asked not to.')
    if (call.stream) {
      if (!/^text\/event-stream\s*(?:;|$)/i.test(exchange.headers['content-type'] ?? '')) throw dialect.notAStream(await readErrorBody(exchange, idleMs), scrub)
      return { kind: 'stream', frames: await openStream(upstream, exchange, call, permit, config, scrub) }
    }
    const body = exchange.body({ idleMs, maxBytes: config.limits.answerBytes })
    const bytes = body instanceof Promise ? await body : body
    const answer = dialect.answer(bytes, call, scrub)
    exchange.finish()
    settle(permit)
    return { kind: 'json', ...answer }
  } catch (error) {
    exchange?.destroy()
    settle(permit, error)
    throw error
  }
}

/** Names and values in turn, as undici takes them without making a list of an object again. */
function headersOf({ headers, stream }: Call, upstream: Pick<Upstream, 'headers'>): string[] {
  const list = ['content-type', 'application/json', 'accept', stream ? 'text/event-stream' : 'application/json', 'accept-encoding', 'identity']
  list.push('x-request-id', headers['x-request-id'])
  if (headers['user-agent'] !== undefined) list.push('user-agent', headers['user-agent'])
  if (headers.traceparent !== undefined) list.push('traceparent', headers.traceparent)
  if (headers.tracestate !== undefined) list.push('tracestate', headers.tracestate)
  for (const name in upstream.headers) list.push(name, upstream.headers[name] ?? '')
  return list
}

// The status already says that the attempt failed: a broken error body must not turn a 429 into a 502.
async function readErrorBody(exchange: Exchange, idleMs: number): Promise<Buffer> {
  try {
    const body = await exchange.body({ idleMs, maxBytes: errorBodyBytes })
    exchange.finish()
    return body
  } catch {
    return Buffer.alloc(0)
  }
}

/**
 * Waits until the stream has shown part of the answer, so that an error in its place can still be retried elsewhere.
 * A first event without content (the role) is held back for `holdMs` at most: callers time the first byte.
 */
async function openStream({ dialect }: Upstream, exchange: Exchange, call: Call, permit: Permit, config: AttemptConfig, scrub: Scrub): Promise<Frames> {
  const source = dialect.frames(exchange, call, {
    idleMs: config.timeouts.idleMs,
    finishMs: config.stream.finishMs,
    maxEventChars: config.limits.eventBytes,
    scrub,
  })
  const held: Frame[] = []
  let until = Number.POSITIVE_INFINITY
  for (;;) {
    const next = await polled(source, until - performance.now())
    if (next === undefined || next.done === true) break
    held.push(next.value)
    if (next.value.content) break
    if (held.length === 1) until = performance.now() + config.stream.holdMs
  }
  permit.begun()
  return staged(resumed(held, source), {
    end(how) {
      if (how.kind === 'whole') exchange.finish()
      else exchange.destroy()
      if (how.kind === 'left') permit.release()
      else settle(permit, how.kind === 'failed' ? how.error : undefined)
    },
  })
}
