/** The window is forgotten in so many pieces: a call counts for `windowMs`, less a piece at most. */
const pieces = 20

export interface RollingWindowOptions {
  /** Opens above this share of failures. */
  readonly percent: number
  readonly windowMs: number
  /** Fewer calls within the window prove nothing. */
  readonly minimumCalls: number
  /** A clock that never goes back, in milliseconds. */
  readonly now: () => number
}

/**
 * Says when a closed circuit opens by the share of failures. cockatiel's SamplingBreaker forgets one piece per call instead of
 * per piece of time: nine failures before a quiet night and one in the morning open it.
 */
export class RollingWindow {
  readonly #options: RollingWindowOptions
  readonly #calls = new Float64Array(pieces)
  readonly #failures = new Float64Array(pieces)
  #piece: number

  constructor(options: RollingWindowOptions) {
    this.#options = options
    this.#piece = this.#pieceOf(options.now())
  }

  success(): void {
    this.#count(0)
  }

  /** Whether the circuit is to open. */
  failure(): boolean {
    this.#count(1)
    const calls = sum(this.#calls)
    return calls >= this.#options.minimumCalls && sum(this.#failures) * 100 > this.#options.percent * calls
  }

  #count(failures: 0 | 1): void {
    const piece = this.#pieceOf(this.#options.now())
    for (let gone = Math.max(this.#piece + 1, piece - pieces + 1); gone <= piece; gone++) {
      this.#calls[gone % pieces] = 0
      this.#failures[gone % pieces] = 0
    }
    this.#piece = piece
    const at = piece % pieces
    this.#calls[at] = (this.#calls[at] ?? 0) + 1
    this.#failures[at] = (this.#failures[at] ?? 0) + failures
  }

  #pieceOf(time: number): number {
    return Math.floor((time * pieces) / this.#options.windowMs)
  }
}

function sum(counts: Float64Array): number {
  return counts.reduce((total, count) => total + count, 0)
}
