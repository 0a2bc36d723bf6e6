import { z } from 'zod'
import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import { staged } from '../call/staged.ts'
import type { OutputCheck } from '../policies.ts'
import type { Turn } from '../turn.ts'
import type { ChatRequest } from '../validate/validate.ts'
import { frameOf } from './chat-stream.ts'
import type { Frame } from './chat-stream.ts'
import { CheckedChoice, limited } from './checked-choice.ts'
import { badAnswer } from './json-answer.ts'
import { LengthLimit } from './length-limit.ts'
import { redact, replaced } from './redact.ts'
import type { RedactorOptions } from './redactor.ts'
import { isObject, listOf } from './upstream-error.ts'
import { charactersOf, estimateUsage } from './usage.ts'
import type { Usage } from './usage.ts'

export const outputConfig = z.strictObject({
  redact: z.array(z.enum(['ssn', 'card', 'api-key'])).default(['ssn', 'card', 'api-key']),
  /** Longer texts are cut there with finish_reason `length`; characters are code points. */
  maxChars: z.int().min(1).optional(),
})
export type OutputConfig = z.output<typeof outputConfig>

type Json = Readonly<Record<string, unknown>>

/** More than anybody can ask for; each keeps its state until the stream ends. */
const maxChoices = 1_000

/** Redacts and cuts the text of chat answers, JSON and streams; how often and what is noted in the trace. Other answers, and what has nothing to redact, keep their bytes. */
export function createOutputCheck({ redact: secrets, maxChars }: OutputConfig): OutputCheck {
  const kinds = new Set(secrets)
  return {
    check(turn, answer) {
      if (turn.kind !== 'chat') return answer
      const options = { kinds, found: (kind: string) => count(turn, kind) }
      if (answer.kind === 'stream') return { ...answer, frames: checkedFrames(turn, answer.frames, options, maxChars) }
      return checkedJson(turn, answer, options, maxChars)
    },
  }
}

function count({ trace }: Turn, kind: string): void {
  trace.redacted ??= {}
  trace.redacted[kind] = (trace.redacted[kind] ?? 0) + 1
}

function checkedJson(turn: Turn, answer: Extract<Answer, { kind: 'json' }>, options: RedactorOptions, maxChars: number | undefined): Answer {
  const { json } = answer
  const before = listOf(json['choices'])
  const choices = before.map((choice) => (isObject(choice) ? checkedMessage(turn, choice, options, maxChars) : choice))
  if (choices.every((choice, nth) => choice === before[nth])) return answer
  const checked = { ...json, choices }
  return { kind: 'json', text: JSON.stringify(checked), json: checked }
}

function checkedMessage(turn: Turn, choice: Json, options: RedactorOptions, maxChars: number | undefined): Json {
  const { message } = choice
  if (!isObject(message)) return choice
  const limit = new LengthLimit(maxChars)
  const shown = replaced(message, (value, key) => {
    const clean = redact(value, options, key)
    return typeof clean === 'string' && limited.has(key) ? limit.take(clean) : clean
  })
  if (shown === message) return choice
  if (limit.isCut) turn.trace.truncated = true
  // The logprobs spell the text.
  return { ...choice, message: shown, ...(choice['logprobs'] === undefined ? {} : { logprobs: null }), ...(limit.isCut ? { finish_reason: 'length' } : {}) }
}

function checkedFrames(turn: Turn, frames: Frames, options: RedactorOptions, maxChars: number | undefined): Frames {
  const choices = new Map<unknown, CheckedChoice>()
  const wantsUsage = maxChars !== undefined && (turn.body as ChatRequest).stream_options?.include_usage === true
  let last: Json = {}
  let isEnough = false
  let shownCharacters = 0
  return staged(frames, {
    each(frame) {
      last = frame.chunk
      const checked = checkedFrame(frame, choices, () => new CheckedChoice(options, maxChars))
      if (maxChars !== undefined && [...choices.values()].some((choice) => choice.isCut)) {
        turn.trace.truncated = true
        // Leaving ends the upstream call: what it still has to say nobody will see.
        isEnough = choices.size >= turn.call.choices && isDecided([...choices.values()])
      }
      if (!wantsUsage) return checked
      const shown = Array.isArray(checked) ? checked : [checked]
      for (const { chunk } of shown) shownCharacters += charactersOf(chunk)
      // The upstream's own count would have come behind its last word.
      return isEnough ? [...shown, usageFrame(last, estimateUsage(turn.call.raw.length, shownCharacters))] : checked
    },
    isEnough: () => isEnough,
    // Held back still is only what came behind the end of its own choice.
    rest: () => [...choices].flatMap(([index, choice]) => choice.flush().map((delta) => extraFrame(last, index, delta))),
  })
}

/** Every choice has its end, and the upstream would go on with one of them. */
function isDecided(choices: readonly CheckedChoice[]): boolean {
  return choices.every(({ isCut, finished }) => isCut || finished) && choices.some(({ finished }) => !finished)
}

/** The very same frame when there is nothing to change about it, otherwise the frames that go out in its place. */
function checkedFrame(frame: Frame, choices: Map<unknown, CheckedChoice>, open: () => CheckedChoice): Frame | Frame[] {
  const { chunk } = frame
  const all: unknown = chunk['choices']
  if (!Array.isArray(all)) return frame
  let before: Frame[] | undefined
  let shown: unknown[] | undefined
  for (let nth = 0; nth < all.length; nth++) {
    const choice: unknown = all[nth]
    if (!isObject(choice)) continue
    const index = choice['index'] ?? 0
    let state = choices.get(index)
    if (state === undefined) {
      if (choices.size === maxChoices) throw badAnswer('The upstream answers with too many choices.')
      choices.set(index, state = open())
    }
    const clean = state.take(choice, (delta) => (before ??= []).push(extraFrame(chunk, index, delta)))
    if (clean !== choice) (shown ??= [...all])[nth] = clean
  }
  if (shown === undefined) return before === undefined ? frame : [...before, frame]
  const left = shown.filter((choice) => choice !== undefined)
  // A chunk without choices is what SDKs take for the one with the usage.
  if (left.length === 0 && !isObject(chunk['usage'])) return before ?? []
  return [...(before ?? []), frameOf({ ...chunk, choices: left }, frame.content)]
}

function usageFrame(chunk: Json, { prompt, completion }: Usage): Frame {
  return frameOf({ ...chunk, choices: [], usage: { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion } }, false)
}

function extraFrame(chunk: Json, index: unknown, delta: Json): Frame {
  return frameOf({ ...chunk, choices: [{ index, delta, logprobs: null, finish_reason: null }], ...(chunk['usage'] === undefined ? {} : { usage: null }) })
}
