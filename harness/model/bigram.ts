/**
 * What the model can say. A word's successors are all words that follow it in some sentence; the last word of a sentence
 * ends the answer or starts another sentence. Some words are not ASCII, so that bytes and characters differ.
 */
export const SENTENCES = [
  'every gateway answers one client with many small words.',
  'the client waits for the next word while the upstream thinks.',
  'a stream that stops early must not look finished.',
  'each chunk carries one word and the last chunk carries the reason.',
  'a naïve proxy splits 東京 between two chunks.',
  'the upstream falls silent and the gateway tells the client why.',
  'a good gateway retries once and never repeats a word.',
  'the slow café sends its words one at a time.',
] as const

/** Distinct words in order of first appearance. A word's number is its index here. */
export const WORDS: readonly string[] = [...new Set(SENTENCES.flatMap((sentence) => sentence.split(' ')))]

/** The state before the first word. */
export const START = WORDS.length
/** The state after the last word. */
export const END = WORDS.length + 1

export interface Transition {
  next: number
  logit: number
  /** Probability at temperature 1. */
  p: number
}

/** Logit of the best successor, and of every token that is none: e^-40 is never sampled, not even a million words long. */
const BEST = 20
export const IMPOSSIBLE = -20
/** Between neighbours in a successor list: no two are equal, so greedy decoding has one answer on every machine. */
const STEP = 0.5

/**
 * Transitions out of each state, best first, indexed by word number; START is the last row. A successor ranks by where it
 * first appears, so the first sentence, which repeats no word, is the greedy answer, and every greedy walk falls into it.
 */
export const TRANSITIONS: readonly (readonly Transition[])[] = collect().map(weigh)

function collect(): number[][] {
  const rows: number[][] = Array.from({ length: WORDS.length + 1 }, () => [])
  const add = (from: number, to: number) => {
    if (!rows[from]?.includes(to)) rows[from]?.push(to)
  }
  const sentences = SENTENCES.map((sentence) => sentence.split(' ').map((word) => WORDS.indexOf(word)))
  for (const words of sentences) {
    add(START, words[0] ?? END)
    for (const [at, word] of words.entries()) add(word, words[at + 1] ?? END)
  }
  // Without an end an answer that has no max_tokens never stops; without another start no answer is longer than a line.
  for (const row of rows) if (row.includes(END)) row.push(...(rows[START] ?? []))
  return rows
}

function weigh(row: readonly number[]): Transition[] {
  const weights = row.map((_, place) => Math.exp(-STEP * place))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return row.map((next, place) => ({ next, logit: BEST - STEP * place, p: (weights[place] ?? 0) / total }))
}
