import { setTimeout as sleep } from 'node:timers/promises'
import { timing } from './timing.ts'

export interface UntilOptions {
  timeoutMs: number
  everyMs?: number
  signal?: AbortSignal | undefined
}

/**
 * Polls `check` until it answers true. Resolves to false after `timeoutMs`, even when a check itself hangs; a check that
 * throws counts as "not yet". Rejects with the signal's reason on abort.
 */
export async function until(check: () => Promise<boolean>, { timeoutMs, everyMs = timing.pollEvery, signal }: UntilOptions): Promise<boolean> {
  const expired = AbortSignal.timeout(timeoutMs)
  while (!expired.aborted) {
    const answer = await settle(check, expired, signal)
    signal?.throwIfAborted()
    if (answer) return true
    await sleep(everyMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
  }
  return false
}

async function settle(check: () => Promise<boolean>, ...stops: Array<AbortSignal | undefined>): Promise<boolean> {
  const listeners = new AbortController()
  const stopped = new Promise<boolean>((resolve) => {
    for (const stop of stops) {
      if (stop?.aborted) resolve(false)
      stop?.addEventListener('abort', () => resolve(false), { signal: listeners.signal })
    }
  })
  try {
    return await Promise.race([check().catch(() => false), stopped])
  } finally {
    // Without this a long wait would pile up one listener per poll on the caller's signal.
    listeners.abort()
  }
}

/** Resolves as `work` does, or to undefined after `ms`. `work` goes on; give it its own abort if that matters. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, ms))
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** True when `url` answers over HTTP with a status below 500. */
export async function httpAnswers(url: string, signal?: AbortSignal): Promise<boolean> {
  const limit = AbortSignal.timeout(timing.httpAnswer)
  const response = await fetch(url, { signal: signal ? AbortSignal.any([signal, limit]) : limit })
  await response.body?.cancel()
  return response.status < 500
}
