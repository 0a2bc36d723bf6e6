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
  return source instanceof Staged && source.join(stage) ? source : new Staged(taken(source), stage)
}

/** A stream that somebody has begun to take: first what is held of it, then the rest. */
export function resumed(held: readonly Frame[], source: Taken): Frames {
  return new Resumed(held, source)
}

/** The same stream, to be asked without promises. */
export function taken(source: Frames): Taken {
  return source instanceof Taken ? source : new Generated(source)
}

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

/** What a stream says when there is no more of it. */
export const over = { done: true, value: undefined } as const

/** One stage, and whether it is still there to see frames. */
interface Step {
  readonly stage: Stage
  open: boolean
}

class Staged extends Taken {
  readonly #source: Taken
  readonly #steps: Step[]
  /** Frames that are due, in reverse. */
  #ready: Frame[] = []
  #begun = false
  #over = false

  constructor(source: Taken, stage: Stage) {
    super()
    this.#source = source
    this.#steps = [{ stage, open: true }]
  }

  /** Puts another stage behind the others, in the same object: a promise per stage and frame costs more than most stages do. False once the stream is being taken. */
  join(stage: Stage): boolean {
    if (this.#begun) return false
    this.#steps.push({ stage, open: true })
    return true
  }

  poll(wake: () => void): Next | undefined {
    this.#begun = true
    for (;;) {
      const ready = this.#ready.pop()
      if (ready !== undefined) return { done: false, value: ready }
      if (this.#over) return over
      let at = 0
      try {
        const next = this.#source.poll(wake)
        if (next === undefined) return undefined
        if (next.done === true) {
          this.#ready = this.#rest([], 0).toReversed()
          continue
        }
        let shown: Frame | readonly Frame[] = next.value
        for (; at < this.#steps.length; at++) {
          const { stage } = this.#steps[at] as Step
          shown = passed(stage, shown)
          if (stage.isEnough?.() === true) {
            for (const step of this.#steps.slice(0, at + 1)) close(step, { kind: 'left' })
            leave(this.#source)
            shown = this.#rest(shown, at + 1)
            break
          }
        }
        if (!('length' in shown)) return at === this.#steps.length && shown === next.value ? next : { done: false, value: shown }
        this.#ready = shown.toReversed()
      } catch (error) {
        this.#over = true
        // What stands before a stage that threw is only left; it knows of no failure.
        this.#steps.forEach((step, nth) => close(step, nth < at ? { kind: 'left' } : { kind: 'failed', error }))
        leave(this.#source)
        throw error
      }
    }
  }

  async return(): Promise<Next> {
    this.#begun = true
    this.#ready = []
    this.#over = true
    // First, because it may be what makes the source return: one that waits for bytes does so when its connection goes.
    for (const step of this.#steps) close(step, { kind: 'left' })
    return this.#source.return()
  }

  /** The last frames, of the stages from `from` on. */
  #rest(last: Frame | readonly Frame[], from: number): readonly Frame[] {
    this.#over = true
    let shown = listed(last)
    for (const step of this.#steps.slice(from)) {
      shown = [...listed(passed(step.stage, shown)), ...(step.stage.rest?.() ?? [])]
      close(step, { kind: 'whole' })
    }
    return shown
  }
}

function close(step: Step, how: End): void {
  if (!step.open) return
  step.open = false
  step.stage.end?.(how)
}

/** What a stage makes of frames. */
function passed(stage: Stage, shown: Frame | readonly Frame[]): Frame | readonly Frame[] {
  if (stage.each === undefined) return shown
  return 'length' in shown ? shown.flatMap((frame) => stage.each?.(frame) ?? frame) : stage.each(shown)
}

function listed(shown: Frame | readonly Frame[]): readonly Frame[] {
  return 'length' in shown ? shown : [shown]
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

/** Leaves a stream without waiting for it. What it fails with now is of no use to anybody. */
export function leave(source: Taken): void {
  source.return().catch(() => {})
}
