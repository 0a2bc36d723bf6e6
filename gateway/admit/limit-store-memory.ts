import { LRUCache } from 'lru-cache'
import type { Algorithm, LimitStore, Verdict } from './limit-store.ts'

/** What all buckets together may take, in numbers of eight bytes; one bucket counts for its largest possible state and this much for its entry. */
const maxNumbers = 1_000_000
const entryNumbers = 16
/** How much longer than needed a bucket is kept, so that not each request moves its end: that costs more than counting does. */
const keepUs = 1_000_000
/** How often a full store is searched for buckets that have become needless. */
const sweepUs = 1_000_000

interface Bucket {
  state: object
  /** When it is dropped. */
  readonly until: number
}

export interface MemoryLimitOptions {
  readonly maxNumbers?: number
  /** Microseconds on a clock that is never set back. */
  readonly now?: () => number
}

/**
 * Buckets of this process. A bucket is dropped when it says no more than a missing one, never before: a store that evicts the least recently
 * used hands a fresh burst to whoever can afford enough keys to push his own bucket out. A caller for whom there is no room counts in one
 * bucket together with all others of the same rule for whom there is none. So memory is bounded and a full store is strict, not lavish.
 */
export class MemoryLimitStore implements LimitStore {
  readonly #now: () => number
  readonly #maxNumbers: number
  readonly #buckets: LRUCache<string, Bucket>
  readonly #crowded = new Map<Algorithm<object>, object>()
  #sweepAt = 0

  constructor({ now = () => Math.round(performance.now() * 1000), maxNumbers: most = maxNumbers }: MemoryLimitOptions = {}) {
    this.#now = now
    this.#maxNumbers = most
    this.#buckets = new LRUCache<string, Bucket>({ maxSize: most, ttlResolution: 0, perf: { now: () => now() / 1000 } })
  }

  take(algorithm: Algorithm<object>, bucket: string): Verdict {
    return this.#count(algorithm, bucket, true)
  }

  /** Counts a request that somebody else has let in. One that this store would have refused changes nothing. */
  record(algorithm: Algorithm<object>, bucket: string): void {
    this.#count(algorithm, bucket, false)
  }

  #count(algorithm: Algorithm<object>, bucket: string, judging: boolean): Verdict {
    const now = this.#now()
    const key = `${algorithm.name}:${bucket}`
    const held = this.#buckets.get(key)
    const size = algorithm.size + entryNumbers
    const crowded = held === undefined && !this.#hasRoom(size, now)
    const { state, verdict } = algorithm.step(crowded ? this.#crowded.get(algorithm) : held?.state, now)
    if (!judging && !verdict.allowed) return verdict
    const until = now + verdict.resetUs
    if (crowded) this.#crowded.set(algorithm, state)
    else if (held !== undefined && until <= held.until) held.state = state
    else this.#buckets.set(key, { state, until: until + keepUs }, { size, ttl: Math.ceil((verdict.resetUs + keepUs) / 1000) })
    return verdict
  }

  #hasRoom(size: number, now: number): boolean {
    const fits = (): boolean => this.#buckets.calculatedSize + size <= this.#maxNumbers
    if (fits() || now < this.#sweepAt) return fits()
    this.#sweepAt = now + sweepUs
    this.#buckets.purgeStale()
    return fits()
  }
}
