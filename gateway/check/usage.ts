import { isObject } from './upstream-error.ts'

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

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.round(value) : 0
}
