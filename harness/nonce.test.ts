import { expect, test } from 'vitest'
import { newSalt, nonceOf, unsalted } from './nonce.ts'

const seed = 1_588_572_764
const phases = ['control', 'baseline', 'fault', 'recovery'] as const

test('nonces are made of what the upstream looks for, and differ by window, number and salt', () => {
  const nonces = phases.flatMap((window) => [0, 11].flatMap((index) => ['', 'abcde', 'abcdf'].map((salt) => nonceOf(seed, window, index, salt))))
  expect(new Set(nonces).size).toBe(24)
  for (const nonce of nonces) expect(`[gauntlet:${nonce}]`).toMatch(/^\[gauntlet:([a-z0-9-]+)\]$/)
})

test('two executions have different salts', () => {
  expect(new Set(Array.from({ length: 20 }, newSalt)).size).toBeGreaterThan(15)
})

test('a text without its salts is the same for every execution, wherever a nonce stands in it', () => {
  const texts = ['abcde', newSalt(), ''].map((salt) => {
    const [a, b] = [nonceOf(seed, 'fault', 3, salt), nonceOf(seed, 'control', 12, salt)]
    return unsalted(JSON.stringify({ id: `chatcmpl-${a}`, calls: [`call_${a}_b`, `up-${b}`], text: `Say something. [gauntlet:${a}] ${a}.` }))
  })
  expect(new Set(texts).size).toBe(1)
  expect(texts[0]).toContain(`[gauntlet:${nonceOf(seed, 'fault', 3, '')}]`)
})

test('what only looks like a salted nonce is left alone', () => {
  for (const text of ['n1-f0-abcdef', 'n1-f0-abcd', 'n1-x0-abcde', 'in-f0-abcde', 'a well-f0-known word']) expect(unsalted(text)).toBe(text)
})
