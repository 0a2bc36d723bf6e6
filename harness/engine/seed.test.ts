import { expect, test } from 'vitest'
import { caseSeed, nonceOf } from './seed.ts'

test('the seed of a case is the same in every run, and another one for each part of its name', () => {
  expect(caseSeed(7, 'wire/chat-json', 0)).toBe(caseSeed(7, 'wire/chat-json', 0))
  const seeds = [caseSeed(7, 'wire/chat-json', 0), caseSeed(8, 'wire/chat-json', 0), caseSeed(7, 'wire/chat-jsom', 0), caseSeed(7, 'wire/chat-json', 1), caseSeed(7, 'wire/chat-json 0', 1)]
  expect(new Set(seeds).size).toBe(seeds.length)
})

test('it is what it was when it was written down', () => {
  expect(caseSeed(7, 'wire/chat-json', 0)).toBe(1_588_572_764)
})

test('nonces are made of what the upstream looks for, and differ by phase and number', () => {
  const seed = caseSeed(7, 'wire/chat-json', 0)
  const phases = ['control', 'baseline', 'fault', 'recovery'] as const
  const nonces = phases.flatMap((phase) => [nonceOf(seed, phase, 0), nonceOf(seed, phase, 11)])
  expect(new Set(nonces).size).toBe(8)
  for (const nonce of nonces) expect(`[gauntlet:${nonce}]`).toMatch(/^\[gauntlet:([a-z0-9-]+)\]$/)
})
