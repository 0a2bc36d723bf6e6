import type { Answer, Frames } from '../call/attempt.ts'

/** The same answer; `done` runs once, when nothing more of it will come, however it ends. */
export function whenDone(answer: Answer, done: () => void): Answer {
  if (answer.kind === 'stream') return { ...answer, frames: ending(answer.frames, done) }
  done()
  return answer
}

// Not a generator with a `finally`: one that is left before its first frame was taken has never started, and runs nothing.
function ending(frames: Frames, done: () => void): Frames {
  let open = true
  const end = (): void => {
    if (open) done()
    open = false
  }
  const watched = async (step: ReturnType<Frames['next']>): ReturnType<Frames['next']> => {
    try {
      const result = await step
      if (result.done === true) end()
      return result
    } catch (error) {
      end()
      throw error
    }
  }
  return {
    next: async () => watched(frames.next()),
    return: async () => watched(frames.return()),
    throw: async (error: unknown) => watched(frames.throw(error)),
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return()
    },
  }
}
