import { createHash } from 'node:crypto'
import { answer as words } from '../model/embedded.ts'
import { unsalted } from '../nonce.ts'

/** A canonical answer: the pieces that a stream sends one by one, and token counts that no gateway could guess. */
export interface Answer {
  pieces: string[]
  text: string
  promptTokens: number
  completionTokens: number
}

const number = (text: string, modulo: number): number => createHash('sha256').update(text).digest().readUInt32BE(0) % modulo

/**
 * The answer to one request, a function of its nonce alone, and but for the nonce itself the same with another salt. It begins with the nonce,
 * so that an answer given to another caller is seen, and ends with characters of two, three and four bytes, so that text broken inside a
 * character is seen. A script may give the words in between, cut as they shall be.
 */
export const answerFor = (nonce: string, says?: readonly string[]): Answer => {
  const seed = unsalted(nonce)
  const pieces = [nonce, ...(says ?? words({ seed, maxWords: 8 }).map((word) => ` ${word}`)), ' é–🦊']
  return { pieces, text: pieces.join(''), promptTokens: 11 + number(`p${seed}`, 80), completionTokens: 3 + number(`c${seed}`, 90) }
}

/** A small embedding, a function of the input alone, salt aside. */
export const embeddingFor = (input: string): number[] => {
  const seed = unsalted(input)
  return Array.from({ length: 8 }, (_, i) => number(`${i}${seed}`, 2000) / 1000 - 1)
}
