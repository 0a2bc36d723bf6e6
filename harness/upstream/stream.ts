import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { timing } from '../timing.ts'
import { frame, writesOf } from './frames.ts'
import type { Script, StreamEnd } from './script.ts'

/** What a stream needs from the server around it. */
export interface StreamHost {
  /** An event went out; `index` counts events with words from 1 and is 0 for the others. */
  sent(index: number, text: string): void
  fault(detail: string): void
  /** Resolves once the caller has the event. */
  caughtUp(index: number): Promise<void>
  /** True once the peer is gone. */
  gone(): boolean
  signal: AbortSignal
  end(how: 'fin' | 'rst' | 'complete'): void
}

const bytesOf = (text: string): Buffer => Buffer.from(text)
const hasWords = (chunk: object): boolean => /"content":"[^"]/.test(JSON.stringify(chunk))

/** Puts the chosen ending on the wire: part of an event, silence, a close or a reset. */
const finish = (res: ServerResponse, how: StreamEnd, next: string, host: StreamHost): void => {
  host.fault(how)
  switch (how) {
    case 'fin':
      return host.end('fin')
    case 'rst':
      return host.end('rst')
    case 'stall':
      return // The connection stays open and silent until the peer gives up.
    case 'half-event':
      res.write(next.slice(0, Math.floor(next.length / 2)))
      return host.end('fin')
    case 'half-character': {
      const fox = bytesOf(`data: {"id":"x","choices":[{"index":0,"delta":{"content":"🦊`)
      res.write(fox.subarray(0, fox.length - 2))
      return host.end('fin')
    }
    case 'malformed':
      res.write('data: {"id":"chatcmpl-broken","choices":[{"index":0,"del\n\n')
      return host.end('complete')
    case 'error-event':
      res.write(`data: ${JSON.stringify({ error: { message: 'The engine crashed.', type: 'server_error', param: null, code: 'engine_crash' } })}\n\n`)
      return host.end('complete')
  }
}

/** Sends the chunks of one stream as a script asks. Returns when the last byte it will ever send was written. */
export const sendStream = async (res: ServerResponse, chunks: object[], script: Script, host: StreamHost): Promise<void> => {
  const { pauseMs = 0, firstWordMs = 0, silence, lockstep = false, variance, split, at, done = true } = script.stream ?? {}
  let words = 0
  for (const [i, chunk] of chunks.entries()) {
    const text = JSON.stringify(chunk)
    const bytes = frame(text, variance, i === 0)
    const worded = hasWords(chunk)
    if (at && words === at.words && (worded || at.words === 0)) {
      // A reset in the same turn could overtake the events before it; the fault is about what comes after them.
      await sleep(timing.beforeCutMs, undefined, { signal: host.signal })
      return finish(res, at.how, bytes, host)
    }
    if (worded && words === 0 && firstWordMs > 0) {
      await sleep(firstWordMs, undefined, { signal: host.signal })
    } else if (silence && worded && words === silence.afterWords) {
      await sleep(silence.ms, undefined, { signal: host.signal })
    } else if (pauseMs > 0 && i > 0) await sleep(pauseMs, undefined, { signal: host.signal })
    if (host.gone()) return
    if (worded) words++
    for (const part of writesOf(bytesOf(bytes), split)) {
      res.write(part)
      // Two writes in one turn leave in one segment; a turn between them makes the cut real.
      if (split) await new Promise(setImmediate)
    }
    host.sent(worded ? words : 0, text)
    if (lockstep && worded) await host.caughtUp(words)
    if (host.gone()) return
  }
  if (done) {
    res.write(frame('[DONE]', variance, false))
    host.sent(0, '[DONE]')
  }
  host.end('complete')
}
