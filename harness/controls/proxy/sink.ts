import type { ServerResponse } from 'node:http'
import type { Failure } from './failure.ts'

/** The caller's side of one stream. */
export interface Sink {
  /** Writes one event; resolves when the caller can take more. */
  write(data: string): Promise<void>
  /** The last events, then a clean end. */
  end(last: readonly string[]): void
  /** An error event, then the connection destroyed short of its chunked end, so that nobody takes it for an answer. */
  fail(failure: Failure): void
}

export const frame = (data: string): string => `data: ${data.replaceAll('\n', ' ')}\n\n`

/** Opens the stream to the caller and writes each event at once; a caller who stops reading holds the upstream, for at most `patience`. */
export function openSink(res: ServerResponse, headers: Record<string, string>, patience: () => number): Sink {
  res.writeHead(200, headers)
  return {
    async write(data) {
      if (!res.destroyed && !res.write(frame(data))) await drained(res, patience())
    },
    end(last) {
      res.end(last.map(frame).join(''))
    },
    fail(failure) {
      if (res.destroyed) return
      const unread = setTimeout(() => res.destroy(), patience())
      res.write(frame(JSON.stringify(failure.envelope())), () => {
        clearTimeout(unread)
        res.destroy()
      })
    },
  }
}

/** A stream that is never silent for longer: what is written in between resets the timers of whoever sits in between. */
export function keptAlive(sink: Sink, res: ServerResponse, everyMs: number, text: string): Sink {
  if (!Number.isFinite(everyMs)) return sink
  const timer = setInterval(() => {
    if (res.headersSent && !res.writableEnded && !res.destroyed) res.write(text)
  }, everyMs)
  res.once('close', () => clearInterval(timer))
  return {
    write(data) {
      timer.refresh()
      return sink.write(data)
    },
    end: (last) => sink.end(last),
    fail: (failure) => sink.fail(failure),
  }
}

function drained(res: ServerResponse, patienceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const done = (): void => {
    clearTimeout(timer)
    res.off('drain', done).off('close', done)
    resolve()
  }
  const timer = setTimeout(done, patienceMs)
  res.on('drain', done).on('close', done)
  return promise
}
