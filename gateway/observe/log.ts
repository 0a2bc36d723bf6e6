import type { FastifyBaseLogger } from 'fastify'
import { pino } from 'pino'
import type { Bindings, LoggerOptions } from 'pino'
import type { Ended, Observer } from './requests.ts'

/** Where the log goes, line by line. */
export interface Lines {
  write(line: string): void
}

const pieceChars = 65_536
const pieceMs = 200

/**
 * Stdout in pieces of 64 KiB, written at least five times a second and when the process ends: a write for each line costs more than all
 * policies together. What is killed loses its last fifth of a second; where a process may be frozen between requests, leave it out.
 *
 * Gathered here and not by pino's own `minLength`, which copies all that it holds at each line to see how long it is.
 */
export function bufferedStdout(): Lines {
  const stdout = pino.destination({ dest: 1, sync: false })
  let lines: string[] = []
  let chars = 0
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (chars > 0) stdout.write(lines.join(''))
    lines = []
    chars = 0
  }
  // pino's own handler came first, and writes only what it was given by then.
  process.on('exit', () => {
    flush()
    stdout.flushSync()
  })
  return {
    write(line) {
      lines.push(line)
      chars += line.length
      if (chars >= pieceChars) flush()
      else timer ??= setTimeout(flush, pieceMs).unref()
    },
  }
}

/** A logger whose children are made when something is first said under them: most requests have one line, which {@link createLogRequest} writes without. */
export class LazyLog implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: Bindings | undefined
  #made: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings?: Bindings) {
    this.#parent = parent
    this.#bindings = bindings
  }

  get level(): string {
    return this.#parent.level
  }

  get fatal(): FastifyBaseLogger['fatal'] {
    return this.#own.fatal.bind(this.#own)
  }

  get error(): FastifyBaseLogger['error'] {
    return this.#own.error.bind(this.#own)
  }

  get warn(): FastifyBaseLogger['warn'] {
    return this.#own.warn.bind(this.#own)
  }

  get info(): FastifyBaseLogger['info'] {
    return this.#own.info.bind(this.#own)
  }

  get debug(): FastifyBaseLogger['debug'] {
    return this.#own.debug.bind(this.#own)
  }

  get trace(): FastifyBaseLogger['trace'] {
    return this.#own.trace.bind(this.#own)
  }

  get silent(): FastifyBaseLogger['silent'] {
    return this.#own.silent.bind(this.#own)
  }

  child(bindings: Bindings): FastifyBaseLogger {
    return new LazyLog(this.#parent, this.#bindings === undefined ? bindings : { ...this.#bindings, ...bindings })
  }

  get #own(): FastifyBaseLogger {
    return (this.#made ??= this.#bindings === undefined ? this.#parent : this.#parent.child(this.#bindings))
  }
}

const rounded = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.round(ms))

/**
 * Makes what writes the one line of a request: how it went, never what was said in it. Straight to `lines`, as pino itself would write it at
 * `level`: field by field, as pino builds a line, this one takes twice the time and three times the memory of all it is made of.
 */
export function createLogRequest(log: Pick<FastifyBaseLogger, 'debug'>, { base, level }: Required<Pick<LoggerOptions, 'base' | 'level'>>, lines: Lines): Observer {
  const { info = 0 } = pino.levels.values
  const isWritten = (pino.levels.values[level] ?? Number.POSITIVE_INFINITY) <= info
  const ours = JSON.stringify(base).slice(1, -1)
  return (ended) => {
    if (ended.open) log.debug(lineOf(ended, ended.request.id, ended.trace.traceId), 'request')
    else if (isWritten) lines.write(`{"level":${info},"time":${Date.now()},${ours},${JSON.stringify(lineOf(ended, ended.request.id, ended.trace.traceId)).slice(1, -1)},"msg":"request"}\n`)
  }
}

/** Writes the one line of a job; its ids come with its logger. */
export const logJob: Observer = (ended) => ended.request.log.info(lineOf(ended), 'job')

function lineOf({ request, trace, route, status, durationMs, error }: Ended, requestId?: string, traceId?: string): Record<string, unknown> {
  return {
    requestId,
    traceId,
    method: request.method,
    path: route,
    status,
    durationMs: Math.round(durationMs),
    queuedMs: rounded(trace.queuedMs),
    firstByteMs: rounded(trace.firstByteMs),
    caller: trace.caller,
    model: trace.model,
    upstream: trace.upstream,
    attempts: trace.attempts,
    stream: trace.stream,
    tokens: trace.usage,
    cost: trace.cost,
    overhead: trace.overhead,
    cache: trace.cache,
    degraded: trace.degraded.length === 0 ? undefined : trace.degraded,
    redacted: trace.redacted,
    truncated: trace.truncated,
    failures: trace.failures.length === 0 ? undefined : trace.failures,
    error,
  }
}
