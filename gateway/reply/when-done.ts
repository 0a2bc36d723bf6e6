import type { Answer } from '../call/attempt.ts'
import { staged } from '../call/staged.ts'

/** The same answer; `done` runs once, when nothing more of it will come, however it ends. */
export function whenDone(answer: Answer, done: () => void): Answer {
  if (answer.kind === 'stream') return { ...answer, frames: staged(answer.frames, { end: done }) }
  done()
  return answer
}
