import { createHash } from 'node:crypto'
import { answer as words } from '../model/embedded.ts'

/** A canonical answer: the pieces that a stream sends one by one, and token counts that no gateway could guess. */
export interface Answer {
  pieces: string[]
  text: string
  promptTokens: number
  completionTokens: number
}

const number = (text: string, modulo: number): number => createHash('sha256').update(text).digest().readUInt32BE(0) % modulo

/**
 * The answer to one request, a function of its nonce alone. It begins with the nonce, so that an answer given to another
 * caller is seen, and ends with characters of two, three and four bytes, so that text broken inside a character is seen.
 */
export const answerFor = (nonce: string): Answer => {
  const pieces = [nonce, ...words({ seed: nonce, maxWords: 8 }).map((word) => ` ${word}`), ' é–🦊']
  return { pieces, text: pieces.join(''), promptTokens: 11 + number(`p${nonce}`, 80), completionTokens: 3 + number(`c${nonce}`, 90) }
}

/** A small embedding, a function of the input alone. */
export const embeddingFor = (input: string): number[] => Array.from({ length: 8 }, (_, i) => number(`${i}${input}`, 2000) / 1000 - 1)
