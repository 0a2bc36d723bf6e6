import { expect, test } from 'vitest'
import { Vectors } from './vectors.ts'

const vector = (x: number) => Float32Array.of(x, Math.sqrt(1 - x * x))
const options = { threshold: 0.95, maxEntries: 100, maxBytes: 1_000_000, ttlMs: 60_000 }
const entry = (x: number, tenant = 'a', partition = 'p') => ({ tenant, partition, vector: vector(x) })

test('the closest within the threshold is found, of this tenant and partition', () => {
  const vectors = new Vectors(options)
  vectors.add('far', entry(0.9))
  vectors.add('near', entry(0.96))
  vectors.add('nearest', entry(0.98))
  vectors.add('of another tenant', entry(1, 'b'))
  vectors.add('of another partition', entry(1, 'a', 'q'))
  expect(vectors.nearest('a', 'p', vector(1))).toBe('nearest')
  vectors.drop('nearest')
  expect(vectors.nearest('a', 'p', vector(1))).toBe('near')
  vectors.drop('near')
  expect(vectors.nearest('a', 'p', vector(1))).toBeUndefined()
  expect(vectors.nearest('c', 'p', vector(1))).toBeUndefined()
  expect(vectors.nearest('b', 'p', Float32Array.of(1, 0, 0))).toBeUndefined()
})

test('a tenant that asks much pushes out its own oldest, nobody else\'s', () => {
  const vectors = new Vectors({ ...options, maxEntries: 2 })
  vectors.add('other', entry(0, 'b'))
  for (const [index, x] of [0, 0.5, 1].entries()) vectors.add(`k${index}`, entry(x))
  expect([0, 0.5, 1].map((x) => vectors.nearest('a', 'p', vector(x)))).toEqual([undefined, 'k1', 'k2'])
  expect(vectors.nearest('b', 'p', vector(0))).toBe('other')
})

test('all tenants together stay within the bytes', () => {
  const vectors = new Vectors({ ...options, maxBytes: 10 * (512 + 8 + 3) })
  for (let tenant = 0; tenant < 50; tenant++) vectors.add(`k${10 + tenant}`, entry(1, `t${tenant}`))
  const there = Array.from({ length: 50 }, (_, tenant) => vectors.nearest(`t${tenant}`, 'p', vector(1))).filter((key) => key !== undefined)
  expect(there).toHaveLength(10)
})
