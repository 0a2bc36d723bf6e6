import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import { staged } from '../call/staged.ts'
import { costOf } from '../route/registry.ts'
import type { Turn } from '../turn.ts'
import { charactersOf, estimateUsage, readUsage } from './usage.ts'
import type { Usage } from './usage.ts'

/** The same answer, with its tokens and price written to the trace as they become known; a stream that breaks off is counted as far as it came. */
export function metered(turn: Turn, answer: Answer): Answer {
  if (answer.kind === 'stream') return { ...answer, frames: counted(turn, answer.frames) }
  turn.trace.responseModel = modelIn(answer.json)
  // Vectors are no tokens: an embedding costs what went in.
  note(turn, readUsage(answer.json) ?? estimateUsage(turn.call.raw.length, turn.kind === 'chat' ? answer.text.length : 0))
  return answer
}

function counted(turn: Turn, frames: Frames): Frames {
  let characters = 0
  let told: Usage | undefined
  return staged(frames, {
    each(frame) {
      told = readUsage(frame.chunk) ?? told
      turn.trace.responseModel ??= modelIn(frame.chunk)
      characters += charactersOf(frame.chunk)
      // At every frame, not at the end: a caller that leaves last is charged then, and most streams carry no usage.
      note(turn, told ?? estimateUsage(turn.call.raw.length, characters))
      return frame
    },
  })
}

// Goes to trace spans: a name, and not whatever an upstream puts in its place.
function modelIn({ model }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof model === 'string' && /^[\w.:/@-]{1,100}$/.test(model) ? model : undefined
}

function note({ trace, model }: Turn, usage: Usage): void {
  trace.usage = usage
  const cost = costOf(trace.served ?? model, usage)
  if (cost !== undefined) trace.cost = cost
}
