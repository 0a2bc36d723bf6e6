import { over, Taken } from '../call/frames.ts'
import type { Next } from '../call/frames.ts'

/** A caller's part of a shared stream. */
export class Followed extends Taken {
  readonly #take: Taken['poll']
  readonly #leave: () => void
  #isOver = false

  constructor(take: Taken['poll'], leave: () => void) {
    super()
    this.#take = take
    this.#leave = leave
  }

  poll(wake: () => void): Next | undefined {
    return this.#isOver ? over : this.#take(wake)
  }

  return(): Promise<Next> {
    this.#isOver = true
    this.#leave()
    return Promise.resolve(over)
  }
}
