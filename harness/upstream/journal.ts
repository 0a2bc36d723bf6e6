import type { UpstreamRecord } from '../../schemas/evidence.ts'
import { now } from '../timing.ts'

type Waiter = { matches: (r: UpstreamRecord) => boolean; resolve: (found: boolean) => void }
/** A record without its time, each kind keeping its own fields. */
type Untimed<R> = R extends unknown ? Omit<R, 't'> : never

/** What the scripted upstream saw and did, in order. It never passes through the target, so a target cannot edit it. */
export class Journal {
  readonly #records: UpstreamRecord[] = []
  readonly #waiters = new Set<Waiter>()

  /** Adds a record stamped now and wakes who waits for it. */
  add(record: Untimed<UpstreamRecord>): void {
    const stamped: UpstreamRecord = { t: now(), ...record }
    this.#records.push(stamped)
    for (const waiter of this.#waiters) if (waiter.matches(stamped)) waiter.resolve(true)
  }

  /** Resolves true once a matching record is there, also one from before the call; false after `ms`. */
  async waitFor(matches: (r: UpstreamRecord) => boolean, ms: number): Promise<boolean> {
    if (this.#records.some(matches)) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter = { matches, resolve }
    this.#waiters.add(waiter)
    const timer = setTimeout(resolve, ms, false)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
    }
  }

  /** Resolves true once `holds`, fed every record in order, is true at the latest one; false after `ms`. */
  async waitUntil(holds: (r: UpstreamRecord) => boolean, ms: number): Promise<boolean> {
    let last = true
    for (const record of this.#records) last = holds(record)
    if (last) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const waiter: Waiter = { matches: holds, resolve }
    this.#waiters.add(waiter)
    const timer = setTimeout(resolve, ms, false)
    const held = await promise
    clearTimeout(timer)
    this.#waiters.delete(waiter)
    return held
  }

  /** Everything recorded since the last `take`. */
  get records(): readonly UpstreamRecord[] {
    return this.#records
  }

  /** Takes everything recorded since the last call. */
  take(): UpstreamRecord[] {
    return this.#records.splice(0)
  }
}
