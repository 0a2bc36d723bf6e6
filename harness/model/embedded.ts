import { END, START, TRANSITIONS, WORDS, type Transition } from './bigram.ts'
import { random } from './random.ts'

export interface AnswerOptions {
  seed: number | string
  /** Cut here even in the middle of a sentence. */
  maxWords?: number
  /** Start another sentence rather than end before this. */
  minWords?: number
}

/** Long enough for every scenario; a walk that is not cut ends long before. */
const ENOUGH = 10_000

/**
 * What the bigram model says at temperature 1, word by word, joined by blanks: the same for the same seed, for ever. The
 * distribution is the one of the GGUF file that Ollama runs; the draws differ, because Ollama's random numbers do.
 */
export function answer({ seed, maxWords = ENOUGH, minWords = 0 }: AnswerOptions): string[] {
  const draw = random(seed)
  return walk(maxWords, (row, length) => {
    const allowed = length < minWords ? row.filter(({ next }) => next !== END) : row
    const total = allowed.reduce((sum, { p }) => sum + p, 0)
    let left = draw() * total
    for (const { next, p } of allowed) if ((left -= p) < 0) return next
    return allowed.at(-1)?.next ?? START
  })
}

/** What the model says at temperature 0. */
export function greedyAnswer(maxWords = ENOUGH): string[] {
  return walk(maxWords, (row) => row[0]?.next ?? END)
}

function walk(maxWords: number, choose: (row: readonly Transition[], length: number) => number): string[] {
  const words: string[] = []
  let state = START
  while (words.length < maxWords) {
    state = choose(TRANSITIONS[state] ?? [], words.length)
    const word = WORDS[state]
    // END has none.
    if (word === undefined) break
    words.push(word)
  }
  return words
}

/** A unit vector of `dims` numbers that depends on nothing but the text. */
export function embedding(text: string, dims: number): number[] {
  const draw = random(text)
  const vector: number[] = []
  let squares = 0
  for (let at = 0; at < dims; at++) {
    const value = draw() * 2 - 1
    squares += value * value
    vector.push(value)
  }
  const norm = Math.sqrt(squares) || 1
  for (let at = 0; at < dims; at++) vector[at] = (vector[at] ?? 0) / norm
  return vector
}
