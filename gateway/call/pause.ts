import { setTimeout as sleep } from 'node:timers/promises'

/** Waits; rejects with the signal's own reason, where `node:timers` has an AbortError for it. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}
