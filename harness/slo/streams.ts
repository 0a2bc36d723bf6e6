import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../timing.ts'
import type { StreamSummary } from './report.ts'
import { percentile } from './statistics.ts'
import { measureStream, type StreamRecord, type StreamRequest } from './stream-client.ts'

export interface StreamsOptions extends Omit<StreamRequest, 'nonce'> {
  /** Streams per second. */
  rate: number
  durationMs: number
  run: string
  onRecord: (record: StreamRecord) => void
}

/**
 * Starts streams at an even rate for `durationMs` and waits for the last. Ends early, and quietly, when the signal aborts.
 * Returns the 99th percentile of this process's own event-loop delay in milliseconds: what the times can be off by.
 */
export async function probeStreams(options: StreamsOptions): Promise<number> {
  const { rate, durationMs, run, onRecord, ...request } = options
  const lag = monitorEventLoopDelay({ resolution: 5 })
  lag.enable()
  const origin = now()
  const running: Promise<void>[] = []
  for (let i = 0; i < Math.floor((rate * durationMs) / 1000) && !request.signal.aborted; i += 1) {
    // Half a step off, so that the probe does not start together with an arrival of the load.
    const due = origin + ((i + 0.5) * 1000) / rate
    await sleep(Math.max(0, due - now()), undefined, { signal: request.signal }).catch(() => undefined)
    if (!request.signal.aborted) running.push(measureStream({ ...request, nonce: `slo-${run}-s${i}` }, origin).then(onRecord))
  }
  await Promise.all(running)
  lag.disable()
  // The histogram measures the timer itself too; its resolution is not delay.
  return Math.max(0, lag.percentile(99) / 1e6 - 5)
}

/** Content that all comes in this last part of a stream, in one go, was held back somewhere. */
const BUFFERED_SHARE = 0.1
/** Milliseconds of a stream below which nobody sees buffering, and an upstream that writes in one go is not to be told from it. */
const BUFFERED_TOTAL = 50
/** Milliseconds between chunks that were read together. */
const AT_ONCE = 1
/** Fewer content chunks than this cannot show buffering. */
const BUFFERED_CHUNKS = 4

/** Sums up the probe. Latencies are of complete streams only: a stream that broke off early would look fast. */
export function summariseStreams(records: readonly StreamRecord[], rate: number, lagMs: number): StreamSummary {
  const judged = records.filter((record) => record.outcome !== 'unsent')
  const complete = judged.filter((record) => record.outcome === 'ok')
  const pair = (values: number[]): { p50: number | null; p95: number | null } => ({ p50: rounded(percentile(values, 0.5)), p95: rounded(percentile(values, 0.95)) })
  const truncated = judged.filter((record) => ['no-done', 'no-finish-reason', 'cut', 'bad-chunk'].includes(record.reason)).length
  return {
    rate,
    n: judged.length,
    complete: complete.length,
    truncated,
    failed: judged.length - complete.length - truncated,
    ttfbMs: pair(complete.flatMap((record) => record.ttfbMs ?? [])),
    ttftContentMs: pair(complete.flatMap((record) => record.ttftContentMs ?? [])),
    chunkGapMs: pair(complete.flatMap((record) => record.gapsMs)),
    totalMs: pair(complete.map((record) => record.totalMs)),
    buffered: complete.filter(isBuffered).length,
    lagMs: rounded(lagMs) ?? 0,
  }
}

const isBuffered = (record: StreamRecord): boolean =>
  record.ttftContentMs !== null &&
  record.gapsMs.length + 1 >= BUFFERED_CHUNKS &&
  record.totalMs >= BUFFERED_TOTAL &&
  record.totalMs - record.ttftContentMs < record.totalMs * BUFFERED_SHARE &&
  (percentile(record.gapsMs, 0.5) ?? 0) < AT_ONCE

const rounded = (value: number | null): number | null => (value === null ? null : Math.round(value * 100) / 100)
