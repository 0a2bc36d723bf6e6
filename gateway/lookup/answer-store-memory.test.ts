import { expect, test } from 'vitest'
import { createMemoryStore } from './answer-store-memory.ts'
import { RequestKey } from './cache-key.ts'
import type { Kept } from './answer-store.ts'

const kept = (length: number): Kept => ({ kind: 'json', at: Date.now(), text: ' '.repeat(length), bytes: length })

test('no more bytes are kept than allowed, whatever comes', async () => {
  const store = createMemoryStore({ keepSeconds: 60, maxEntries: 1_000, maxBytes: 10_000 })
  for (let nth = 0; nth < 500; nth++) store.put(new RequestKey(`k${nth}`), kept(900))
  store.put(new RequestKey('larger than all'), kept(10_001))
  const there = await Promise.all(Array.from({ length: 500 }, async (_, nth) => store.get(new RequestKey(`k${nth}`))))
  const bytes = there.reduce((sum, one) => sum + (one?.text.length ?? 0), 0)
  expect(bytes).toBeGreaterThan(8_000)
  expect(bytes).toBeLessThanOrEqual(10_000)
  expect(await store.get(new RequestKey('larger than all'))).toBeUndefined()
})

test('no more entries are kept than allowed; what was used last stays', async () => {
  const store = createMemoryStore({ keepSeconds: 60, maxEntries: 2, maxBytes: 10_000 })
  store.put(new RequestKey('a'), kept(1))
  store.put(new RequestKey('b'), kept(2))
  await store.get(new RequestKey('a'))
  store.put(new RequestKey('c'), kept(3))
  expect([await store.get(new RequestKey('a')), await store.get(new RequestKey('b')), await store.get(new RequestKey('c'))].map((one) => one?.text.length)).toEqual([1, undefined, 3])
})

test('what is older than it may be is not there any more', () => {
  const store = createMemoryStore({ keepSeconds: 60, maxEntries: 10, maxBytes: 10_000 })
  const [fresh, old] = [new RequestKey('fresh'), new RequestKey('old')]
  store.put(fresh, { ...kept(1), at: Date.now() - 59_000 })
  store.put(old, { ...kept(1), at: Date.now() - 61_000 })
  expect(store.get(fresh)).toBeDefined()
  expect(store.get(old)).toBeUndefined()
})
