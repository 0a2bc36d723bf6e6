import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.ts'

/** What an error event and a closing socket need after the deadline has cut a request. */
const farewellMs = 1_500

/** Counts what is in flight, and brings it to an end. */
export class Drain {
  readonly #inFlight = new Set<ServerResponse>()
  readonly #cut = new AbortController()
  #draining = false
  #refusing = false
  #idle = Promise.withResolvers<void>()

  /** Readiness is down. */
  get draining(): boolean {
    return this.#draining
  }

  /** New work is refused; comes `graceMs` after readiness fell. */
  get refusing(): boolean {
    return this.#refusing
  }

  get cut(): AbortSignal {
    return this.#cut.signal
  }

  /** Counts a response until its connection is done with it. */
  track(response: ServerResponse): void {
    this.#inFlight.add(response)
    response.once('close', () => {
      this.#inFlight.delete(response)
      if (this.#inFlight.size === 0) this.#idle.resolve()
    })
  }

  /** Refuses new work from now on. */
  refuse(): void {
    this.#draining = true
    this.#refusing = true
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
