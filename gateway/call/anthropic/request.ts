import { isObject } from '../../check/upstream-error.ts'
import type { ChatRequest } from '../../validate/validate.ts'
import type { AnthropicConfig } from './config.ts'
import { turnsOf } from './turns.ts'
import { refuse } from './refuse.ts'

/**
 * Parameters that the Messages API has nothing for and that change the answer, with the values that do not. What is named
 * neither here nor below is left out: it changes who stores, counts or pays for the answer, or is a hint that may be missed.
 */
const harmless: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => value === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => value === 0,
  presence_penalty: (value) => value === 0,
  frequency_penalty: (value) => value === 0,
  logit_bias: (value) => isObject(value) && Object.keys(value).length === 0,
  response_format: (value) => isObject(value) && value['type'] === 'text',
  modalities: (value) => Array.isArray(value) && value.every((one) => one === 'text'),
  audio: () => false,
  web_search_options: () => false,
  functions: () => false,
  function_call: () => false,
}

/** A chat request as the body of `POST /messages`. Throws an UpstreamError of kind `unsupported` that names what cannot be said there. */
export function messagesRequest(body: ChatRequest, model: string, { maxTokens }: AnthropicConfig): Record<string, unknown> {
  for (const [param, isHarmless] of Object.entries(harmless)) {
    const value = body[param]
    if (value !== undefined && value !== null && !isHarmless(value)) throw refuse(param)
  }
  const { system, turns } = turnsOf(body.messages)
  const user = body.user ?? body['safety_identifier']
  const tools = body.tools?.map(toolOf) ?? []
  return {
    model,
    max_tokens: body.max_completion_tokens ?? body.max_tokens ?? maxTokens,
    ...(system === '' ? {} : { system }),
    messages: turns,
    ...(tools.length === 0 ? {} : { tools, ...toolChoiceOf(body) }),
    // Capped, not scaled: 1 is the default on both sides, and half of it would change every answer.
    ...(typeof body.temperature === 'number' ? { temperature: Math.min(1, body.temperature) } : {}),
    // 1 restricts nothing, but some models refuse the parameter itself next to `temperature`.
    ...(typeof body.top_p === 'number' && body.top_p < 1 ? { top_p: body.top_p } : {}),
    ...stopOf(body.stop),
    ...(typeof user === 'string' ? { metadata: { user_id: user } } : {}),
    ...(body.stream === true ? { stream: true } : {}),
  }
}

type Tool = NonNullable<ChatRequest['tools']>[number]

function toolOf(tool: Tool, index: number): Record<string, unknown> {
  const definition = tool['function']
  if (tool.type !== 'function' || !isObject(definition)) throw refuse(`tools[${index}].type`)
  const { name, description, parameters, strict } = definition
  return {
    name,
    ...(typeof description === 'string' ? { description } : {}),
    input_schema: { type: 'object', ...(isObject(parameters) ? parameters : { properties: {} }) },
    ...(strict === true ? { strict } : {}),
  }
}

function toolChoiceOf({ tool_choice: choice, parallel_tool_calls: parallel }: ChatRequest): { tool_choice?: Record<string, unknown> } {
  const single = parallel === false ? { disable_parallel_tool_use: true } : {}
  if (choice === undefined || choice === null) return parallel === false ? { tool_choice: { type: 'auto', ...single } } : {}
  if (choice === 'none') return { tool_choice: { type: 'none' } }
  if (choice === 'auto') return { tool_choice: { type: 'auto', ...single } }
  if (choice === 'required') return { tool_choice: { type: 'any', ...single } }
  const named = typeof choice === 'object' && choice.type === 'function' ? choice['function'] : undefined
  if (!isObject(named) || typeof named['name'] !== 'string') throw refuse('tool_choice')
  return { tool_choice: { type: 'tool', name: named['name'], ...single } }
}

function stopOf(stop: ChatRequest['stop']): { stop_sequences?: string[] } {
  const sequences = typeof stop === 'string' ? [stop] : (stop ?? [])
  if (sequences.some((sequence) => sequence.trim() === '')) throw refuse('stop', 'Stop sequences of blanks alone')
  return sequences.length === 0 ? {} : { stop_sequences: sequences }
}
