import { badAnswer, parseAnswer } from '../../check/json-answer.ts'
import type { Scrub } from '../../check/scrub.ts'
import { isObject } from '../../check/upstream-error.ts'
import type { JsonAnswer } from '../attempt.ts'
import { messagesError } from './errors.ts'

/** What all chunks of a completion have in common. */
export interface Head {
  readonly id: string
  readonly created: number
  readonly model: string
}

/** A Messages API answer as a chat completion; throws an UpstreamError when it is an error or no whole message. */
export function completionOf(body: Buffer, scrub: Scrub): JsonAnswer {
  const { json: message } = parseAnswer(body)
  if (isObject(message['error'])) throw messagesError(message, scrub)
  const { content } = message
  if (!Array.isArray(content) || typeof message['stop_reason'] !== 'string') throw badAnswer('The upstream answer is not a finished message.')
  const blocks = content.filter(isObject)
  const text = blocks.filter(({ type }) => type === 'text').map((block) => textOf(block['text'])).join('')
  const calls = blocks.filter(({ type }) => type === 'tool_use').map((block) => toolCall(block, JSON.stringify(block['input'] ?? {})))
  const usage = usageOf(message['usage'])
  const json = {
    ...headOf(message),
    object: 'chat.completion',
    choices: [{
      index: 0,
      message: { role: 'assistant', content: text === '' && calls.length > 0 ? null : text, refusal: null, ...(calls.length === 0 ? {} : { tool_calls: calls }) },
      logprobs: null,
      finish_reason: finishReason(message['stop_reason']),
    }],
    ...(usage === undefined ? {} : { usage }),
  }
  return { text: JSON.stringify(json), json }
}

/** Id, time and model of the completion that a message becomes. The id keeps the message's own, for questions to the provider. */
export function headOf(message: Record<string, unknown>): Head {
  const { id, model } = message
  if (typeof id !== 'string' || typeof model !== 'string') throw badAnswer('The upstream answer is not a message.')
  return { id: `chatcmpl-${id}`, created: Math.floor(Date.now() / 1000), model }
}

/** A `tool_use` block as OpenAI's tool call. */
export function toolCall(block: Record<string, unknown>, args: string) {
  return { id: textOf(block['id']), type: 'function', function: { name: textOf(block['name']), arguments: args } }
}

/** Only `stop` claims that the model had said all it wanted to; a reason that nobody knows yet ends up there as well. */
export function finishReason(stopReason: string): string {
  switch (stopReason) {
    case 'max_tokens':
    case 'model_context_window_exceeded':
    case 'pause_turn':
      return 'length'
    case 'tool_use':
      return 'tool_calls'
    case 'refusal':
      return 'content_filter'
    default:
      return 'stop'
  }
}

/** OpenAI's `usage`, whose prompt tokens hold the cached ones as well; undefined when nothing was counted. */
export function usageOf(usage: unknown) {
  if (!isObject(usage) || typeof usage['output_tokens'] !== 'number') return undefined
  const cached = count(usage['cache_read_input_tokens'])
  const written = count(usage['cache_creation_input_tokens'])
  const prompt = count(usage['input_tokens']) + cached + written
  const completion = usage['output_tokens']
  const details = usage['output_tokens_details']
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, cache_write_tokens: written },
    ...(isObject(details) ? { completion_tokens_details: { reasoning_tokens: count(details['thinking_tokens']) } } : {}),
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
