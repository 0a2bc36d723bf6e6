import { isObject, listOf } from '../check/upstream-error.ts'
import type { Turn } from '../turn.ts'

/**
 * Ends that the model or the request chose. `content_filter` takes words away by rules of the moment, and engines have reasons of
 * their own for an answer that they gave up (`abort`, `error`, `insufficient_system_resource`).
 */
const ends = new Set<unknown>(['stop', 'length', 'tool_calls', 'function_call'])

/** Whether an answer is one that the same request could be given again: each part there, none cut short or failed. */
export function isWhole({ kind, body }: Pick<Turn, 'kind' | 'body'>, json: Readonly<Record<string, unknown>>): boolean {
  if (kind === 'chat') return listOf(json['choices']).every((choice) => isObject(choice) && ends.has(choice['finish_reason']) && !failed(choice))
  const data = listOf(json['data'])
  return data.length === inputs(body['input']) && data.every((item) => isObject(item) && isFilled(item['embedding']))
}

/** Whether a chunk of a stream says that a choice failed or was cut short. */
export function breaksOff(chunk: Readonly<Record<string, unknown>>): boolean {
  return listOf(chunk['choices']).some((choice) => {
    if (!isObject(choice)) return true
    const reason = choice['finish_reason']
    return failed(choice) || !(reason === undefined || reason === null || reason === '' || ends.has(reason))
  })
}

function failed(choice: Readonly<Record<string, unknown>>): boolean {
  return choice['error'] !== undefined && choice['error'] !== null
}

function inputs(input: unknown): number {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
}

function isFilled(embedding: unknown): boolean {
  return (Array.isArray(embedding) || typeof embedding === 'string') && embedding.length > 0
}
