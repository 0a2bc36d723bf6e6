import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { Once } from '../once.ts'
import { Ending } from '../scope.ts'

/** What an error event and a closing socket need after the deadline has cut a request. */
const farewellMs = 1_500

/** Counts what is in flight, and brings it to an end. */
export class Drain {
  #inFlight = 0
  /** Ends what is in flight. */
  readonly cut = new Ending()
  /** Over when new work is refused. */
  readonly refused = new Ending()
  #draining = false
  #idle = Promise.withResolvers<void>()

  /** Readiness is down. */
  get draining(): boolean {
    return this.#draining
  }

  /** New work is refused; comes `graceMs` after readiness fell. */
  get refusing(): boolean {
    return this.refused.isOver
  }

  /** Counts a piece of work until the result is disposed of, once or more often. */
  hold(): Disposable {
    this.#inFlight++
    return new Once(this.#leave)
  }

  readonly #leave = (): void => {
    if (--this.#inFlight === 0) this.#idle.resolve()
  }

  /** Refuses new work from now on. */
  refuse(): void {
    this.#draining = true
    this.refused.end()
  }

  /** Lets readiness fall, then refuses new work, then waits for the rest; says how many had to be cut. */
  async run({ graceMs, deadlineMs }: Config['drain']): Promise<number> {
    this.#draining = true
    if (graceMs > 0) await sleep(graceMs)
    this.refuse()
    if (await this.#emptied(deadlineMs)) return 0
    const late = this.#inFlight
    this.cut.end()
    await this.#emptied(farewellMs)
    return late
  }

  async #emptied(ms: number): Promise<boolean> {
    if (this.#inFlight === 0) return true
    this.#idle = Promise.withResolvers<void>()
    const timer = new AbortController()
    const expired = sleep(ms, undefined, { signal: timer.signal })
    expired.catch(() => {})
    await Promise.race([this.#idle.promise, expired])
    timer.abort()
    return this.#inFlight === 0
  }
}
