import { setTimeout as sleep } from 'node:timers/promises'
import { settle } from './breaker.ts'
import type { Permit } from './breaker.ts'
import { chatFrames } from './chat-stream.ts'
import type { Frame } from './chat-stream.ts'
import type { Config } from './config.ts'
import { Exchange } from './exchange.ts'
import { badAnswer, checkAnswer, notAStream, readBody } from './json-answer.ts'
import { replaceModel } from './json-body.ts'
import type { Scrub } from './scrub.ts'
import { statusError } from './upstream-error.ts'
import type { Upstream } from './upstream.ts'

/** What a caller asked for, as far as the upstream call needs to know. */
export interface Call {
  readonly path: '/chat/completions' | '/embeddings'
  readonly raw: string
  readonly headers: Readonly<Record<string, string>>
  readonly stream: boolean
  readonly choices: number
}

export type Answer =
  | { readonly kind: 'json'; readonly bytes: Buffer }
  /** Frames may be taken once. Taking them to the end, or leaving early, settles the attempt. */
  | { readonly kind: 'stream'; readonly frames: AsyncGenerator<string, void, undefined> }

export type AttemptConfig = Pick<Config, 'timeouts' | 'limits' | 'stream'>

const errorBodyBytes = 65_536

/** One upstream call, from the request to an answer that is worth relaying; throws an UpstreamError otherwise. */
export async function attempt(upstream: Upstream, model: string, call: Call, permit: Permit, scope: AbortSignal, config: AttemptConfig, scrub: Scrub): Promise<Answer> {
  let exchange: Exchange | undefined
  try {
    const headers = { ...call.headers, 'content-type': 'application/json', accept: call.stream ? 'text/event-stream' : 'application/json', 'accept-encoding': 'identity' }
    exchange = await Exchange.open(upstream, { path: call.path, headers, body: replaceModel(call.raw, model) }, scope, config.timeouts)
    const { idleMs } = config.timeouts
    if (exchange.status !== 200) throw statusError(exchange, await readErrorBody(exchange, idleMs), scrub)
    const encoding = exchange.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity') throw badAnswer('The upstream compressed its answer although it was asked not to.')
    if (call.stream) {
      if (!/^text\/event-stream\s*(?:;|$)/i.test(exchange.headers['content-type'] ?? '')) throw notAStream(await readErrorBody(exchange, idleMs), scrub)
      return { kind: 'stream', frames: await openStream(exchange, call, permit, config, scrub) }
    }
    const bytes = checkAnswer(await readBody(exchange, { idleMs, maxBytes: config.limits.answerBytes }), call.path === '/embeddings' ? 'data' : 'choices', scrub)
    exchange.finish()
    settle(permit)
    return { kind: 'json', bytes }
  } catch (error) {
    exchange?.destroy()
    settle(permit, error)
    throw error
  }
}

// The status already says that the attempt failed: a broken error body must not turn a 429 into a 502.
async function readErrorBody(exchange: Exchange, idleMs: number): Promise<Buffer> {
  try {
    const body = await readBody(exchange, { idleMs, maxBytes: errorBodyBytes })
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
async function openStream(exchange: Exchange, call: Call, permit: Permit, config: AttemptConfig, scrub: Scrub): Promise<AsyncGenerator<string, void, undefined>> {
  const source = chatFrames(exchange, {
    choices: call.choices,
    idleMs: config.timeouts.idleMs,
    finishMs: config.stream.finishMs,
    maxEventChars: config.limits.eventBytes,
    scrub,
  })
  const held: string[] = []
  let next = source.next()
  let until = Number.POSITIVE_INFINITY
  for (;;) {
    const result = await within(next, until - performance.now())
    if (result === undefined) break
    next = source.next()
    // Nobody may be waiting when this one fails; whoever takes the frames awaits it again.
    next.catch(() => {})
    if (result.done === true) break
    held.push(result.value.text)
    if (result.value.content) break
    if (held.length === 1) until = performance.now() + config.stream.holdMs
  }
  permit.begun()
  return relayable(held, source, next, exchange, permit)
}

async function within(next: Promise<IteratorResult<Frame, void>>, ms: number): Promise<IteratorResult<Frame, void> | undefined> {
  if (ms === Number.POSITIVE_INFINITY) return next
  const timer = new AbortController()
  try {
    return await Promise.race([next, sleep(Math.max(0, ms), undefined, { signal: timer.signal })])
  } finally {
    timer.abort()
  }
}

async function* relayable(held: string[], source: AsyncGenerator<Frame, void, undefined>, first: Promise<IteratorResult<Frame, void>>, exchange: Exchange, permit: Permit): AsyncGenerator<string, void, undefined> {
  let whole = false
  try {
    yield* held
    for (let next = await first; next.done !== true; next = await source.next()) yield next.value.text
    whole = true
    exchange.finish()
    settle(permit)
  } catch (error) {
    settle(permit, error)
    throw error
  } finally {
    if (!whole) {
      exchange.destroy()
      permit.release()
    }
  }
}
