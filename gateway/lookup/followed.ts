import { over, Taken } from '../call/frames.ts'
import type { Frames } from '../call/frames.ts'

/** A caller's part of a shared stream. */
export class Followed extends Taken {
  readonly #take: Frames['next']
  readonly #leave: () => void
  #isOver = false

  constructor(take: Frames['next'], leave: () => void) {
    super()
    this.#take = take
    this.#leave = leave
  }

  next(): ReturnType<Frames['next']> {
    return this.#isOver ? Promise.resolve(over) : this.#take()
  }

  return(): ReturnType<Frames['next']> {
    this.#isOver = true
    this.#leave()
    return Promise.resolve(over)
  }
}
