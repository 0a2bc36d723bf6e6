import type { Frame } from '../check/chat-stream.ts'
import { leave, over, Taken, taken } from './frames.ts'
import type { Frames, Next } from './frames.ts'

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

  /** Puts another stage behind the others, in the same object: one that asks the next would cost more than most stages do. False once the stream is being taken. */
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
        if (!('length' in shown)) return shown === next.value ? next : { done: false, value: shown }
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
