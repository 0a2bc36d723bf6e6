import { expect, test } from 'vitest'
import { END, SENTENCES, START, TRANSITIONS, WORDS } from './bigram.ts'

test('every state has a way out, its probabilities add up and no two logits are equal', () => {
  expect(TRANSITIONS).toHaveLength(WORDS.length + 1)
  for (const row of TRANSITIONS) {
    expect(row.reduce((sum, { p }) => sum + p, 0)).toBeCloseTo(1, 12)
    expect(new Set(row.map(({ logit }) => logit)).size).toBe(row.length)
    expect(row.length).toBeGreaterThan(0)
  }
})

test('a sentence ends the answer or starts another one', () => {
  for (const sentence of SENTENCES) {
    const last = WORDS.indexOf(sentence.split(' ').at(-1) ?? '')
    expect(TRANSITIONS[last]?.[0]?.next).toBe(END)
    expect(TRANSITIONS[last]?.slice(1).map(({ next }) => next)).toEqual(TRANSITIONS[START]?.map(({ next }) => next))
  }
})

test('greedy decoding ends from every state', () => {
  for (const first of TRANSITIONS.keys()) {
    const seen = new Set<number>()
    for (let state = first; state !== END; state = TRANSITIONS[state]?.[0]?.next ?? END) {
      expect(seen, `${WORDS[first]} … ${WORDS[state]}`).not.toContain(state)
      seen.add(state)
    }
  }
})

test('some words take two and three bytes a character', () => {
  const foreign = WORDS.filter((word) => Buffer.byteLength(word) > word.length)
  expect(foreign).toEqual(['naïve', '東京', 'café'])
})
