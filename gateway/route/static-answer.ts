import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import { frameOf } from '../check/chat-stream.ts'
import type { Turn } from '../turn.ts'
import type { ChatRequest } from '../validate/validate.ts'

/** In place of a model's name: nobody is to take the text for a model's. */
const nobody = 'static'
/** Nobody was asked, and nothing is charged. */
const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }

/** Whether a sentence can stand for the answer: not for vectors, and not where a program waits for JSON or a call. */
export function takesSentence({ kind, body }: Pick<Turn, 'kind' | 'body'>): boolean {
  if (kind !== 'chat') return false
  const { response_format: format, tool_choice: choice } = body as ChatRequest
  const plain = format === undefined || format === null || format.type === 'text'
  return plain && (choice === undefined || choice === null || choice === 'auto' || choice === 'none')
}

/** The configured sentence in the form that was asked for, marked as degraded in every object of it. */
export function staticAnswer({ request, call, body }: Pick<Turn, 'request' | 'call' | 'body'>, content: string): Answer {
  const head = { id: `static-${request.id}`, created: Math.floor(Date.now() / 1_000), model: nobody, degraded: true }
  const indexes = Array.from({ length: call.choices }, (_none, index) => index)
  if (call.stream) return { kind: 'stream', frames: frames({ ...head, object: 'chat.completion.chunk' }, indexes, content, (body as ChatRequest).stream_options?.include_usage === true) }
  const json = { ...head, object: 'chat.completion', choices: indexes.map((index) => ({ index, message: { role: 'assistant', content, refusal: null }, logprobs: null, finish_reason: 'stop' })), usage }
  return { kind: 'json', text: JSON.stringify(json), json }
}

async function* frames(head: Readonly<Record<string, unknown>>, indexes: readonly number[], content: string, withUsage: boolean): Frames {
  for (const index of indexes) {
    yield frameOf({ ...head, choices: [{ index, delta: { role: 'assistant', content }, logprobs: null, finish_reason: null }] })
    yield frameOf({ ...head, choices: [{ index, delta: {}, logprobs: null, finish_reason: 'stop' }] })
  }
  if (withUsage) yield frameOf({ ...head, choices: [], usage })
}
