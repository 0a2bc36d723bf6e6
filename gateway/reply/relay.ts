import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { leave, taken } from '../call/frames.ts'
import type { Frames, Taken } from '../call/frames.ts'
import { asGatewayError } from '../errors.ts'
import type { GatewayError } from '../errors.ts'
import { flattened } from '../flattened.ts'
import type { Scope } from '../scope.ts'

/** How long a caller may take to accept the last error event before the socket is destroyed under it. */
const farewellMs = 1_000

const streamHeaders = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache, no-transform', 'x-accel-buffering', 'no']

/** Sends an answer in one piece, past Fastify's own way of sending: it has nothing to add but the time it takes. */
export function sendJson(reply: FastifyReply, text: string): void {
  const out = reply.raw
  // Beside the head and not in it: an error in place of this body has a type and a length of its own.
  out.writeHead(200, [...reply.request.head.list, 'content-type', 'application/json; charset=utf-8', 'content-length', String(Buffer.byteLength(text))])
  reply.hijack()
  out.end(text)
}

/**
 * Relays frames to the caller, each flushed as it comes, at the caller's pace. Resolves when the response is closed:
 * with undefined after a whole answer, with the error that the caller was told otherwise.
 */
export async function relayStream(frames: Frames, reply: FastifyReply, scope: Scope, keepAliveMs: number): Promise<GatewayError | undefined> {
  reply.hijack()
  const out = reply.raw
  // A caller that resets the connection raises an error here, which must not become an uncaught one.
  out.on('error', () => {})
  // `close` may come while a frame is awaited: whoever subscribes afterwards would wait for ever.
  const closed = new Promise<void>((resolve) => {
    out.once('close', resolve)
  })
  const { head, trace } = reply.request
  out.writeHead(200, [...head.list, ...streamHeaders])
  // Node keeps the head for as long as the answer lasts: eighty pieces, a tenth of all that a stream keeps alive. A Node that calls it otherwise is left alone.
  const written: unknown = Reflect.get(out, '_header')
  if (typeof written === 'string') flattened(written)
  const keepAlive = keepAliveMs > 0 ? setInterval(() => out.writableNeedDrain || out.write(': keep-alive\n\n'), keepAliveMs) : undefined
  try {
    await relayed(taken(frames), out, scope, () => {
      keepAlive?.refresh()
      trace.firstByteMs ??= performance.now() - trace.startedAt
    })
    clearInterval(keepAlive)
    out.end('data: [DONE]\n\n')
    await settled(closed, scope)
    return undefined
  } catch (thrown) {
    clearInterval(keepAlive)
    const error = asGatewayError(scope.isOver ? scope.reason : thrown)
    fail(out, reply.server.errorDialect.event(error, reply.request.id))
    await closed
    return error
  }
}

/** Writes all frames, each when it is there, and waits while the caller does not read. Rejects with what the stream fails with, or with why `scope` is over. */
function relayed(frames: Taken, out: ServerResponse, scope: Scope, onFrame: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (how: () => void): void => {
      if (isOver) return
      // First: leaving the stream may wake whoever waits for it.
      isOver = true
      scope.offEnd(gone)
      out.off('drain', resume)
      how()
    }
    const giveUp = (error: unknown): void => end(() => {
      leave(frames)
      reject(error as Error)
    })
    const gone = (): void => giveUp(scope.reason)
    const resume = (): void => {
      scope.offEnd(gone)
      go()
    }
    const go = (): void => {
      if (isOver) return
      try {
        for (;;) {
          const next = frames.poll(go)
          if (next === undefined) return
          if (next.done === true) return end(resolve)
          onFrame()
          if (out.write(next.value.text)) continue
          // Who waits for the stream learns from it when the time is over; who waits for the caller has to look.
          scope.throwIfOver()
          scope.onEnd(gone)
          out.once('drain', resume)
          return
        }
      } catch (error) {
        giveUp(error)
      }
    }
    go()
  })
}

/**
 * The one place that decides what an upstream failure after the headers does: an error event for callers that read
 * events, then a destroyed socket without the final chunk for callers that only watch HTTP. Never `[DONE]`.
 */
function fail(out: ServerResponse, event: string): void {
  if (out.destroyed) return
  const linger = setTimeout(() => out.destroy(), farewellMs)
  out.once('close', () => clearTimeout(linger))
  out.write(`data: ${event}\n\n`, () => out.destroy())
}

// The tail may sit in the buffer of a caller that stopped reading: the total limit holds for it as well.
async function settled(closed: Promise<void>, scope: Scope): Promise<void> {
  scope.throwIfOver()
  const { promise: over, reject } = Promise.withResolvers<never>()
  const end = (): void => reject(scope.reason)
  scope.onEnd(end)
  try {
    await Promise.race([closed, over])
  } finally {
    scope.offEnd(end)
  }
}
