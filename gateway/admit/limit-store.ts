/** What an algorithm says of one request. Whole numbers, times in microseconds: what a script can return from Redis without loss. */
export interface Verdict {
  readonly allowed: boolean
  readonly remaining: number
  /** Until the full limit is there again. */
  readonly resetUs: number
  /** Until a request would be let in; 0 for one that was. */
  readonly retryUs: number
  /** How long one that was let in has to be held back. */
  readonly waitUs: number
}

/**
 * One limit: the same step twice, in TypeScript over a state in memory and in Lua over a key in Redis. The two must decide alike to the last
 * bit, so both compute with doubles in the same order; `algorithms.test.ts` holds them together.
 */
export interface Algorithm<State extends object> {
  /** Part of the key: what one algorithm has stored must never be read by another. */
  readonly name: 'token-bucket' | 'sliding-window' | 'leaky-bucket'
  readonly limit: number
  /** How many numbers a state may hold. */
  readonly size: number
  /** Judges one request at `now` (microseconds). Knows no clock; a refused request leaves nothing counted. */
  step(state: State | undefined, now: number): { readonly state: State; readonly verdict: Verdict }
  /**
   * The same for requests of one moment: takes the key as KEYS[1] and `args` as ARGV and finds `now` as a local. `open` reads the state into locals, `step` judges
   * one request and calls `answer` with the five fields of a {@link Verdict}, `close` writes what is new. Keys expire when they say no more than a missing one.
   */
  readonly lua: { readonly open: string; readonly step: string; readonly close: string }
  readonly args: readonly number[]
}

/** Counts requests by bucket. Undefined means that nothing is known and the request is let in. */
export interface LimitStore {
  take(algorithm: Algorithm<object>, bucket: string): Promise<Verdict | undefined> | Verdict | undefined
}
