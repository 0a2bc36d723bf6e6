import type { Frame } from '../check/chat-stream.ts'

/** A stream on its way to the caller. Taken once; taking it to the end, or leaving early, settles whatever stands behind it. */
export type Frames = AsyncGenerator<Frame, void, undefined>

/** What a stream has to say next. */
export type Next = IteratorResult<Frame, void>

/**
 * A stream that is asked what there is, not for what will be: a promise in each layer for each frame costs more than what the layers do with it.
 *
 * Not a generator either: one that is left before its first frame was taken has never started, so its `finally` does not run and the upstream
 * connection stays.
 */
export abstract class Taken implements Frames {
  /**
   * What comes next, if it is there. Undefined when it has to be waited for: `wake` is then called when asking again may be worth it, of several
   * the last one. Throws what ends the stream; `wake` must not throw.
   */
  abstract poll(wake: () => void): Next | undefined

  /** Leaves the stream. All that follows from it has happened when this returns; who has to know when the source is done awaits it. */
  abstract return(): Promise<Next>

  async next(): Promise<Next> {
    return polled(this)
  }

  async throw(error: unknown): Promise<Next> {
    await this.return()
    throw error
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }
}

/** What a stream says when there is no more of it. */
export const over = { done: true, value: undefined } as const

/** The same stream, to be asked without promises. */
export function taken(source: Frames): Taken {
  return source instanceof Taken ? source : new Generated(source)
}

/** A stream that somebody has begun to take: first what is held of it, then the rest. */
export function resumed(held: readonly Frame[], source: Taken): Frames {
  return new Resumed(held, source)
}

/** What comes next of a stream; undefined when it does not come within `ms`. One at a time. */
export function polled(source: Taken): Promise<Next>
export function polled(source: Taken, ms: number): Promise<Next | undefined>
export function polled(source: Taken, ms = Number.POSITIVE_INFINITY): Promise<Next | undefined> {
  return new Promise((resolve, reject) => {
    let isOver = false
    const end = (): void => {
      isOver = true
      clearTimeout(timer)
    }
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(() => {
      end()
      resolve(undefined)
    }, Math.max(0, ms))
    const look = (): void => {
      // What comes after the time is for whoever asks next.
      if (isOver) return
      try {
        const next = source.poll(look)
        if (next === undefined) return
        end()
        resolve(next)
      } catch (error) {
        end()
        reject(error)
      }
    }
    look()
  })
}

/** Leaves a stream without waiting for it. What it fails with now is of no use to anybody. */
export function leave(source: Taken): void {
  source.return().catch(() => {})
}

class Resumed extends Taken {
  readonly #held: Frame[]
  readonly #source: Taken

  constructor(held: readonly Frame[], source: Taken) {
    super()
    this.#held = held.toReversed()
    this.#source = source
  }

  poll(wake: () => void): Next | undefined {
    const held = this.#held.pop()
    return held === undefined ? this.#source.poll(wake) : { done: false, value: held }
  }

  return(): Promise<Next> {
    this.#held.length = 0
    return this.#source.return()
  }
}

/** A stream that only makes promises. */
class Generated extends Taken {
  readonly #source: Frames
  #come: { readonly next: Next } | { readonly error: unknown } | undefined
  #isAsked = false
  #wake: () => void = () => {}

  constructor(source: Frames) {
    super()
    this.#source = source
  }

  poll(wake: () => void): Next | undefined {
    const come = this.#come
    this.#come = undefined
    if (come !== undefined) {
      if ('error' in come) throw come.error
      return come.next
    }
    this.#wake = wake
    if (!this.#isAsked) {
      this.#isAsked = true
      this.#source.next().then((next) => this.#tell({ next }), (error: unknown) => this.#tell({ error }))
    }
    return undefined
  }

  return(): Promise<Next> {
    return this.#source.return()
  }

  #tell(come: { readonly next: Next } | { readonly error: unknown }): void {
    this.#come = come
    this.#isAsked = false
    this.#wake()
  }
}
