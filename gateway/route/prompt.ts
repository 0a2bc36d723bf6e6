import type { Turn } from '../turn.ts'
import type { ChatRequest, EmbeddingsRequest } from '../validate/validate.ts'

/** A request as far as a model has to be found for it. */
export type Asked = Pick<Turn, 'kind' | 'body' | 'call'>

/** What can be told about a prompt without a tokenizer. */
export interface PromptShape {
  /** UTF-8 bytes of all texts; what an image in base64 weighs says nothing about its tokens. */
  readonly bytes: number
  readonly turns: number
  readonly tools: boolean
  readonly code: boolean
}

/** English and code have about four bytes to a token, Chinese and Japanese about as many. */
export const bytesPerToken = 4

/** Of each text so much is searched for code. */
const searched = 16_384
// Only blanks after `^` and before `$`: with `\s`, a megabyte of line breaks would be searched once per line break.
const codeLike = /```|^[ \t]*(?:def|class|function|import|const|let|public|#include|SELECT|CREATE)\b|[;{}][ \t]*$/m

/** Looks at each text of a request once. */
export function shapeOf(asked: Asked): PromptShape {
  const texts = textsOf(asked)
  const chat = asked.kind === 'chat' ? (asked.body as ChatRequest) : undefined
  return {
    bytes: texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0),
    turns: chat?.messages.length ?? 1,
    tools: (chat?.tools?.length ?? 0) > 0,
    code: texts.some((text) => codeLike.test(text.length > searched ? text.slice(0, searched) : text)),
  }
}

/**
 * How hard a prompt looks, between 0 and 1: a third for each of 500 and 2 000 tokens of text, for code, for more than six messages
 * and for tools, three thirds at most.
 */
export function complexityOf({ bytes, code, turns, tools }: PromptShape): number {
  const tokens = bytes / bytesPerToken
  const signs = [tokens >= 500, tokens >= 2_000, code, turns > 6, tools]
  return Math.min(3, signs.filter(Boolean).length) / 3
}

/** Every text of a prompt: string contents, text parts, inputs. Token arrays have none. */
export function textsOf({ kind, body }: Pick<Asked, 'kind' | 'body'>): string[] {
  if (kind === 'embeddings') return inputsOf(body as EmbeddingsRequest).filter((one) => typeof one === 'string')
  return (body as ChatRequest).messages.flatMap(({ content }) => {
    if (typeof content === 'string') return [content]
    return Array.isArray(content) ? content.map((part) => part['text']).filter((text) => typeof text === 'string') : []
  })
}

/** Each input on its own, as text or as tokens; a flat list of numbers is one input. */
export function inputsOf({ input }: EmbeddingsRequest): readonly (string | readonly number[])[] {
  return typeof input === 'string' || typeof input[0] === 'number' ? [input as string | number[]] : (input as string[] | number[][])
}
