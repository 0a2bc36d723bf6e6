import { expect, test } from 'vitest'
import { END, SENTENCES, START, TRANSITIONS, WORDS } from './bigram.ts'
import { answer, embedding, greedyAnswer } from './embedded.ts'

test('the same seed gives the same words, for ever', () => {
  // A change here changes the transcript of every recorded run.
  expect(answer({ seed: 7 }).join(' ')).toMatchInlineSnapshot(`"the next word and the client with many small words."`)
  expect(answer({ seed: '7' })).toEqual(answer({ seed: 7 }))
  expect(answer({ seed: 8 })).not.toEqual(answer({ seed: 7 }))
})

test('every step is a transition of the table', () => {
  for (let seed = 0; seed < 200; seed++) {
    let state = START
    for (const word of answer({ seed })) {
      const next = WORDS.indexOf(word)
      expect(TRANSITIONS[state]?.some((transition) => transition.next === next)).toBe(true)
      state = next
    }
    expect(TRANSITIONS[state]?.some(({ next }) => next === END)).toBe(true)
  }
})

test('minWords and maxWords bound the answer, and a shorter one is the beginning of a longer one', () => {
  for (let seed = 0; seed < 100; seed++) {
    const words = answer({ seed, minWords: 45, maxWords: 50 })
    expect(words.length).toBeGreaterThanOrEqual(45)
    expect(words.length).toBeLessThanOrEqual(50)
    expect(answer({ seed, minWords: 45, maxWords: 10 })).toEqual(words.slice(0, 10))
  }
  expect(answer({ seed: 1, maxWords: 0 })).toEqual([])
})

test('words come as often as the table says', () => {
  const counts = new Map<string, number>()
  const draws = 4000
  for (let seed = 0; seed < draws; seed++) {
    const [first = ''] = answer({ seed, maxWords: 1 })
    counts.set(first, (counts.get(first) ?? 0) + 1)
  }
  for (const { next, p } of TRANSITIONS[START] ?? []) expect((counts.get(WORDS[next] ?? '') ?? 0) / draws).toBeCloseTo(p, 1)
})

test('the greedy answer is the first sentence', () => {
  expect(greedyAnswer().join(' ')).toBe(SENTENCES[0])
  expect(greedyAnswer(2)).toEqual(['every', 'gateway'])
})

test('an embedding is a unit vector that depends on the text alone', () => {
  const vector = embedding('the client waits', 1536)
  expect(vector).toHaveLength(1536)
  expect(Math.hypot(...vector)).toBeCloseTo(1, 12)
  expect(embedding('the client waits', 1536)).toEqual(vector)
  expect(embedding('the client waits.', 1536)).not.toEqual(vector)
})
