interface Wait {
  readonly since: number
  readonly expire: () => void
  /** How often the timer has fired meanwhile. */
  ticks: number
  isOver: boolean
}

const parts = 8
const leastTicks = 4

/**
 * Waits of one length, all with one timer. It fires in eighths, and a wait is not over before four of them: timers run before replies are
 * read, so after a stall of this process one timer for the whole would call an answer late that has long been here, and under load every
 * replica would lose Redis just when the limits are needed.
 */
export class Waits {
  readonly #ms: number
  #waits: Wait[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number) {
    this.#ms = ms
  }

  /** Runs `expire` after the time, unless the result is called before. Returns whether it was in time. */
  begin(expire: () => void): () => boolean {
    const wait: Wait = { since: performance.now(), expire, ticks: 0, isOver: false }
    this.#waits.push(wait)
    if (this.#timer === undefined) this.#arm(wait)
    return () => {
      const isInTime = !wait.isOver
      wait.isOver = true
      return isInTime
    }
  }

  #arm({ since }: Wait): void {
    const left = since + this.#ms - performance.now()
    this.#timer = setTimeout(this.#tick, Math.max(1, Math.ceil(Math.min(this.#ms / parts, left))))
  }

  readonly #tick = (): void => {
    this.#timer = undefined
    const now = performance.now()
    for (const wait of this.#waits) {
      wait.ticks++
      if (wait.isOver || wait.ticks < leastTicks || now - wait.since < this.#ms) continue
      wait.isOver = true
      wait.expire()
    }
    this.#waits = this.#waits.filter(({ isOver }) => !isOver)
    const [oldest] = this.#waits
    if (oldest !== undefined && this.#timer === undefined) this.#arm(oldest)
  }
}
