import { expect, test } from 'vitest'
import { leakyBucket } from './algorithms/leaky-bucket.ts'
import { slidingWindow } from './algorithms/sliding-window.ts'
import { tokenBucket } from './algorithms/token-bucket.ts'
import { MemoryLimitStore } from './limit-store-memory.ts'
import type { Algorithm } from './limit-store.ts'

const second = 1_000_000
const algorithms: [string, Algorithm<object>][] = [['token bucket', tokenBucket(3, 0.01)], ['sliding window', slidingWindow(3, 60_000)], ['leaky bucket', leakyBucket(3, 60_000)]]

function storeAt(maxNumbers = 1_000_000) {
  const clock = { now: 5 * second }
  const store = new MemoryLimitStore({ maxNumbers, now: () => clock.now })
  const letIn = (algorithm: Algorithm<object>, bucket: string, times: number): number => Array.from({ length: times }, () => store.take(algorithm, bucket)).filter(({ allowed }) => allowed).length
  return { clock, store, letIn }
}

test.each(algorithms)('%s: each bucket has a limit of its own, which comes back', (_name, algorithm) => {
  const { clock, store, letIn } = storeAt()
  expect(letIn(algorithm, 'chat:a', 10)).toBe(3)
  expect(letIn(algorithm, 'chat:b', 10)).toBe(3)
  expect(letIn(algorithm, 'embeddings:a', 10)).toBe(3)
  clock.now += store.take(algorithm, 'chat:a').resetUs
  expect(letIn(algorithm, 'chat:a', 10)).toBe(3)
})

test.each(algorithms)('%s: nothing is forgotten before the reset', (_name, algorithm) => {
  const { clock, store, letIn } = storeAt()
  letIn(algorithm, 'a', 5)
  clock.now += store.take(algorithm, 'a').resetUs - 10_000
  expect(letIn(algorithm, 'a', 5)).toBeLessThan(3)
})

test.each(algorithms)('%s: whoever owns a thousand keys cannot push his own bucket out of a full store', (_name, algorithm) => {
  // Room for ten.
  const { letIn } = storeAt((algorithm.size + 16) * 10)
  expect(letIn(algorithm, 'first', 5)).toBe(3)
  let others = 0
  for (let n = 0; n < 1_000; n++) others += letIn(algorithm, `other-${n}`, 5)
  // Nine more have a bucket of their own, all the rest have one together.
  expect(others).toBe(9 * 3 + 3)
  expect(letIn(algorithm, 'first', 5)).toBe(0)
})

test.each(algorithms)('%s: in a full store there is room again once a bucket has nothing more to tell', (_name, algorithm) => {
  const { clock, store, letIn } = storeAt((algorithm.size + 16) * 2)
  for (const bucket of ['a', 'b', 'crowd']) expect(letIn(algorithm, bucket, 5)).toBe(3)
  expect(letIn(algorithm, 'late', 5)).toBe(0)
  // A bucket is kept for a second longer than it is needed.
  clock.now += store.take(algorithm, 'a').resetUs + 1_002_000
  expect(letIn(algorithm, 'late', 5)).toBe(3)
  expect(letIn(algorithm, 'crowd', 5)).toBe(3)
  expect(letIn(algorithm, 'a', 5), 'the last two have the room').toBe(3)
})

test.each(algorithms)('%s: what others have let in is counted, what they would not have is not', (_name, algorithm) => {
  const { clock, store, letIn } = storeAt()
  for (let n = 0; n < 2; n++) store.record(algorithm, 'a')
  expect(letIn(algorithm, 'a', 1)).toBe(1)
  const { resetUs } = store.take(algorithm, 'b')
  for (let n = 0; n < 9; n++) store.record(algorithm, 'b')
  clock.now += resetUs * 3
  expect(letIn(algorithm, 'b', 5)).toBe(3)
})

test('a store that reads the clock of the process lets a bucket refill by it', async () => {
  const store = new MemoryLimitStore()
  const algorithm = slidingWindow(1, 50)
  expect(store.take(algorithm, 'a').allowed).toBe(true)
  const { allowed, retryUs } = store.take(algorithm, 'a')
  expect(allowed).toBe(false)
  await new Promise((resolve) => setTimeout(resolve, Math.ceil(retryUs / 1000) + 1))
  expect(store.take(algorithm, 'a').allowed).toBe(true)
})
