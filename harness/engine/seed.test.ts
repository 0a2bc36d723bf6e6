import { expect, test } from 'vitest'
import { caseSeed } from './seed.ts'

test('the seed of a case is the same in every run, and another one for each part of its name', () => {
  expect(caseSeed(7, 'wire/chat-json', 0)).toBe(caseSeed(7, 'wire/chat-json', 0))
  const seeds = [caseSeed(7, 'wire/chat-json', 0), caseSeed(8, 'wire/chat-json', 0), caseSeed(7, 'wire/chat-jsom', 0), caseSeed(7, 'wire/chat-json', 1), caseSeed(7, 'wire/chat-json 0', 1)]
  expect(new Set(seeds).size).toBe(seeds.length)
})

test('it is what it was when it was written down', () => {
  expect(caseSeed(7, 'wire/chat-json', 0)).toBe(1_588_572_764)
})
