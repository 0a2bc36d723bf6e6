import { isObject, listOf } from './upstream-error.ts'

/** Tokens of one answer; `estimated` when the upstream did not count them. */
export interface Usage {
  readonly prompt: number
  readonly completion: number
  readonly estimated: boolean
}

/** Rule of thumb for English and code; used only where nobody counted. */
const charactersPerToken = 4

/** The `usage` member of a completion, a chunk or an embeddings answer; undefined when there is none. */
export function readUsage(json: Record<string, unknown>): Usage | undefined {
  const usage = json['usage']
  if (!isObject(usage)) return undefined
  return { prompt: count(usage['prompt_tokens']), completion: count(usage['completion_tokens']), estimated: false }
}

/** A guess from sizes in characters. */
export function estimateUsage(promptCharacters: number, answerCharacters: number): Usage {
  return { prompt: Math.ceil(promptCharacters / charactersPerToken), completion: Math.ceil(answerCharacters / charactersPerToken), estimated: true }
}

/** How much of an answer a chunk carries, in characters: calls of tools and thoughts are tokens as well. */
export function charactersOf(chunk: Readonly<Record<string, unknown>>): number {
  let length = 0
  for (const choice of listOf(chunk['choices'])) {
    const delta = isObject(choice) ? choice['delta'] : undefined
    if (!isObject(delta)) continue
    length += lengthOf(delta['content']) + lengthOf(delta['reasoning']) + lengthOf(delta['reasoning_content']) + lengthOf(delta['refusal'])
    for (const call of listOf(delta['tool_calls'])) {
      const called = isObject(call) ? call['function'] : undefined
      if (isObject(called)) length += lengthOf(called['name']) + lengthOf(called['arguments'])
    }
  }
  return length
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}
