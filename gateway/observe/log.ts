import { pino } from 'pino'
import type { Ended, Observer } from './requests.ts'

/**
 * Stdout in pieces of 64 KiB, written at least five times a second and when the process ends: a write for each line costs more than all
 * policies together. What is killed loses its last fifth of a second; where a process may be frozen between requests, leave it out.
 */
export function bufferedStdout(): ReturnType<typeof pino.destination> {
  return pino.destination({ dest: 1, sync: false, minLength: 65_536, maxWrite: 131_072, periodicFlush: 200 })
}

const rounded = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : Math.round(ms))

/** Writes the one line of a request: how it went, never what was said in it. `requestId` and `traceId` come with its logger. */
export const logRequest: Observer = (ended) => {
  if (ended.open) ended.request.log.debug(lineOf(ended), 'request')
  else ended.request.log.info(lineOf(ended), 'request')
}

/** Writes the one line of a job; its id comes with its logger as well. */
export const logJob: Observer = (ended) => ended.request.log.info(lineOf(ended), 'job')

function lineOf({ request, trace, route, status, durationMs, error }: Ended): Record<string, unknown> {
  return {
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
    cache: trace.cache,
    degraded: trace.degraded.length === 0 ? undefined : trace.degraded,
    redacted: trace.redacted,
    truncated: trace.truncated,
    failures: trace.failures.length === 0 ? undefined : trace.failures,
    error,
  }
}
