import type { Answer } from '../call/attempt.ts'
import { staged } from '../call/frames.ts'
import type { Frames } from '../call/frames.ts'
import { costOf } from '../route/registry.ts'
import type { Turn } from '../turn.ts'
import { isObject } from './upstream-error.ts'
import { estimateUsage, readUsage } from './usage.ts'
import type { Usage } from './usage.ts'

/** The same answer, with its tokens and price written to the trace as they become known; a stream that breaks off is counted as far as it came. */
export function metered(turn: Turn, answer: Answer): Answer {
  if (answer.kind === 'stream') return { ...answer, frames: counted(turn, answer.frames) }
  turn.trace.responseModel = modelIn(answer.json)
  // Vectors are no tokens: an embedding costs what went in.
  note(turn, readUsage(answer.json) ?? estimateUsage(turn.call.raw.length, turn.kind === 'chat' ? answer.bytes.length : 0))
  return answer
}

function counted(turn: Turn, frames: Frames): Frames {
  let characters = 0
  let told: Usage | undefined
  return staged(frames, {
    each(frame) {
      told = readUsage(frame.chunk) ?? told
      turn.trace.responseModel ??= modelIn(frame.chunk)
      characters += contentLength(frame.chunk)
      // At every frame, not at the end: a caller that leaves is charged then, while others may go on listening to the same stream.
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

// Most streams carry no usage, so this is what they are counted by: calls of tools and thoughts are tokens as well.
function contentLength(chunk: Readonly<Record<string, unknown>>): number {
  let length = 0
  for (const choice of objectsIn(chunk['choices'])) {
    const { delta } = choice
    if (!isObject(delta)) continue
    for (const field of ['content', 'reasoning', 'reasoning_content', 'refusal']) length += lengthOf(delta[field])
    for (const { function: called } of objectsIn(delta['tool_calls'])) if (isObject(called)) length += lengthOf(called['name']) + lengthOf(called['arguments'])
  }
  return length
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}
