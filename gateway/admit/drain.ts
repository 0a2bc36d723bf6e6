import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'

/** What an error event and a closing socket need after the deadline has cut a request. */
const farewellMs = 1_500

/** Counts what is in flight, and brings it to an end. */
export class Drain {
  readonly #inFlight = new Set<object>()
  readonly #cut = new AbortController()
  readonly #refused = new AbortController()
  #draining = false
  #idle = Promise.withResolvers<void>()

  /** Readiness is down. */
  get draining(): boolean {
    return this.#draining
  }

  /** New work is refused; comes `graceMs` after readiness fell. */
  get refusing(): boolean {
    return this.#refused.signal.aborted
  }

  /** Aborts when new work is refused. */
  get refused(): AbortSignal {
    return this.#refused.signal
  }

  get cut(): AbortSignal {
    return this.#cut.signal
  }

  /** Counts a piece of work until the result is disposed of. */
  hold(): Disposable {
    const work = {
      [Symbol.dispose]: () => {
        this.#inFlight.delete(work)
        if (this.#inFlight.size === 0) this.#idle.resolve()
      },
    }
    this.#inFlight.add(work)
    return work
  }

  /** Refuses new work from now on. */
  refuse(): void {
    this.#draining = true
    this.#refused.abort()
  }

  /** Lets readiness fall, then refuses new work, then waits for the rest; says how many had to be cut. */
  async run({ graceMs, deadlineMs }: Config['drain']): Promise<number> {
    this.#draining = true
    if (graceMs > 0) await sleep(graceMs)
    this.refuse()
    if (await this.#emptied(deadlineMs)) return 0
    const late = this.#inFlight.size
    this.#cut.abort()
    await this.#emptied(farewellMs)
    return late
  }

  async #emptied(ms: number): Promise<boolean> {
    if (this.#inFlight.size === 0) return true
    this.#idle = Promise.withResolvers<void>()
    const timer = new AbortController()
    const expired = sleep(ms, undefined, { signal: timer.signal })
    expired.catch(() => {})
    await Promise.race([this.#idle.promise, expired])
    timer.abort()
    return this.#inFlight.size === 0
  }
}
