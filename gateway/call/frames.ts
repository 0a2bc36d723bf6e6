import type { Frame } from '../check/chat-stream.ts'

/** A stream on its way to the caller. Taken once; taking it to the end, or leaving early, settles whatever stands behind it. */
export type Frames = AsyncGenerator<Frame, void, undefined>

/** How a stream ended: with its last frame, with an error, or because nobody took more of it. */
export type End = { readonly kind: 'whole' } | { readonly kind: 'failed'; readonly error: unknown } | { readonly kind: 'left' }

/** What somebody on the way does with a stream. */
export interface Stage {
  /** What goes on in place of a frame: itself, others, or nothing. What it throws ends the stream. */
  each?(frame: Frame): Frame | readonly Frame[]
  /** Whether the rest is not wanted. Asked after each frame. */
  isEnough?(): boolean
  /** What follows the last frame. */
  rest?(): readonly Frame[]
  /** Runs once, however the stream ends, even when not one frame was taken. */
  end?(how: End): void
}

/** The same stream with a stage on its way. */
export function staged(source: Frames, stage: Stage): Frames {
  return new Staged(source, stage)
}

/** A stream that somebody has begun to take: first what is held of it, then what is awaited, then the rest. */
export function resumed(held: readonly Frame[], awaited: ReturnType<Frames['next']>, source: Frames): Frames {
  return new Resumed(held, awaited, source)
}

// Not generators: one that is left before its first frame was taken has never started, so its `finally` does not run and the upstream
// connection stays; and each layer of them costs more per frame than what it does with it.
abstract class Taken implements Frames {
  abstract next(): ReturnType<Frames['next']>

  abstract return(): ReturnType<Frames['next']>

  async throw(error: unknown): ReturnType<Frames['next']> {
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

const over = { done: true, value: undefined } as const

class Staged extends Taken {
  readonly #source: Frames
  readonly #stage: Stage
  /** Frames that are due, in reverse. */
  #ready: Frame[] = []
  #open = true

  constructor(source: Frames, stage: Stage) {
    super()
    this.#source = source
    this.#stage = stage
  }

  async next(): ReturnType<Frames['next']> {
    for (;;) {
      const ready = this.#ready.pop()
      if (ready !== undefined) return { done: false, value: ready }
      if (!this.#open) return over
      const next = await this.#take()
      if (next !== undefined) return { done: false, value: next }
    }
  }

  async return(): ReturnType<Frames['next']> {
    this.#ready = []
    // First, because it may be what makes the source return: one that waits for bytes does so when its connection goes.
    this.#end({ kind: 'left' })
    return this.#source.return()
  }

  async #take(): Promise<Frame | undefined> {
    try {
      const next = await this.#source.next()
      if (!this.#open) return undefined
      if (next.done === true) {
        this.#ready = (this.#stage.rest?.() ?? []).toReversed()
        this.#end({ kind: 'whole' })
        return undefined
      }
      const shown = this.#stage.each?.(next.value) ?? next.value
      if (this.#stage.isEnough?.() === true) {
        this.#end({ kind: 'left' })
        await this.#source.return()
      }
      if (!('length' in shown)) return shown
      this.#ready = shown.toReversed()
      return undefined
    } catch (error) {
      this.#end({ kind: 'failed', error })
      // When it was the stage that threw, the source is still open.
      await this.#source.return()
      throw error
    }
  }

  #end(how: End): void {
    if (!this.#open) return
    this.#open = false
    this.#stage.end?.(how)
  }
}

class Resumed extends Taken {
  readonly #held: Frame[]
  readonly #source: Frames
  #awaited: ReturnType<Frames['next']> | undefined

  constructor(held: readonly Frame[], awaited: ReturnType<Frames['next']>, source: Frames) {
    super()
    this.#held = held.toReversed()
    this.#awaited = awaited
    this.#source = source
  }

  next(): ReturnType<Frames['next']> {
    const held = this.#held.pop()
    if (held !== undefined) return Promise.resolve({ done: false, value: held })
    const awaited = this.#awaited
    this.#awaited = undefined
    return awaited ?? this.#source.next()
  }

  async return(): ReturnType<Frames['next']> {
    this.#held.length = 0
    this.#awaited = undefined
    return this.#source.return()
  }
}
