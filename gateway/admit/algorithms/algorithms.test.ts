import { expect, test } from 'vitest'
import { connectRedis, redisConfig } from '../../stores/redis.ts'
import { redisMissing, startRedis } from '../../stores/test-redis.ts'
import { RedisLimitStore } from '../limit-store-redis.ts'
import type { Algorithm, Verdict } from '../limit-store.ts'
import { leakyBucket } from './leaky-bucket.ts'
import { slidingWindow } from './sliding-window.ts'
import { tokenBucket } from './token-bucket.ts'

// Rates that no double can hold, limits of one, blocks shorter than what they wait for.
const algorithms: [string, Algorithm<object>][] = [
  ['token bucket 5 + 1/s', tokenBucket(5, 1)],
  ['token bucket 7 + 0.3/s', tokenBucket(7, 0.3)],
  ['token bucket 1 + 3/s', tokenBucket(1, 3)],
  ['token bucket 20 + 7/s', tokenBucket(20, 7)],
  ['sliding window 1 in 1 s', slidingWindow(1, 1_000)],
  ['sliding window 7 in 2.5 s', slidingWindow(7, 2_500)],
  ['sliding window 40 in 10 s', slidingWindow(40, 10_000)],
  ['leaky bucket 20/s, block 2 s', leakyBucket(20, 2_000)],
  ['leaky bucket 3/s, no block', leakyBucket(3, 0)],
  ['leaky bucket 7/s, block 10 ms', leakyBucket(7, 10)],
  ['leaky bucket 0.3/s, block 1 s', leakyBucket(0.3, 1_000)],
]

interface Judged {
  readonly at: number
  readonly verdict: Verdict
}

/** The algorithm over a state in memory, one time after the other. */
function inMemory(algorithm: Algorithm<object>, times: readonly number[], from?: object): Judged[] {
  let state = from
  return times.map((at) => {
    const { state: next, verdict } = algorithm.step(state, at)
    state = next
    return { at, verdict }
  })
}

const epoch = 1_790_000_000_000_000

/** Bursts, trickles, long silences and returns on the very microsecond a caller was told; with `back`, a clock that is set back now and then. */
function randomTimes(algorithm: Algorithm<object>, seed: number, length: number, back: boolean): number[] {
  const random = generator(seed)
  const pick = (below: number): number => Math.floor(random() * below)
  let now = epoch
  let state: object | undefined
  return Array.from({ length }, () => {
    const { state: next, verdict } = algorithm.step(state, now)
    state = next
    const kind = random()
    const at = now
    if (kind < 0.5) now += pick(3)
    else if (kind < 0.7) now += pick(200_000)
    else if (kind < 0.9) now += Math.max(0, verdict.retryUs - pick(2))
    else if (kind < 0.98 || !back) now += pick(5_000_000)
    else now -= pick(8_000_000)
    return at
  })
}

// mulberry32: small, and the same sequence on every machine.
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), 1 | state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

const seeds = Array.from({ length: 12 }, (_none, index) => index + 1)

test.skipIf(redisMissing !== undefined)(`Redis decides as memory does, to the microsecond ${redisMissing ?? ''}`, { timeout: 30_000 }, async () => {
  await using stack = new AsyncDisposableStack()
  const server = stack.use(await startRedis())
  const log = { info() {}, warn() {} } as unknown as Parameters<typeof connectRedis>[1]
  const redis = connectRedis(redisConfig.parse({ url: server.url, commandMs: 1_000 }), log)
  stack.defer(() => redis.close())
  await new Promise((resolve) => redis.client.once('ready', resolve))
  // The scripts of production, behind another clock: they have no argument to set it by.
  const store = new RedisLimitStore(redis, 'local now = tonumber(ARGV[#ARGV - 1])')
  for (const [name, algorithm] of algorithms) {
    const seen = { true: 0, false: 0 }
    for (const seed of seeds.slice(0, 6)) {
      const expected = inMemory(algorithm, randomTimes(algorithm, seed, 300, seed % 2 === 0))
      // One pipeline for them all: keys expire by the real clock, which must hardly move meanwhile. Those of one moment are one script.
      let moment = { at: Number.NaN, algorithm }
      const verdicts = await Promise.all(expected.map(async ({ at }) => {
        if (moment.at !== at) moment = { at, algorithm: { ...algorithm, args: [...algorithm.args, at] } }
        return store.take(moment.algorithm, `${name}:${seed}`)
      }))
      expect(verdicts, `${name}, seed ${seed}`).toEqual(expected.map(({ verdict }) => verdict))
      for (const { allowed } of verdicts) seen[`${allowed}`]++
    }
    expect(Math.min(seen.true, seen.false), `${name} let in and refused`).toBeGreaterThan(40)
  }
  const keys = await server.client.keys('*')
  expect(keys.length).toBeGreaterThan(0)
  // -1 is a key that never expires; -2 is one that has expired since.
  for (const key of keys) expect(await server.client.pttl(key), key).not.toBe(-1)
})

// Fractions are rounded up, and doubles have a last bit.
const nearly = 3

test.each(algorithms)('%s: the time to come back is true, and not needlessly long', (_name, algorithm) => {
  const wrong: unknown[] = []
  for (const seed of seeds) {
    let state: object | undefined
    for (const at of randomTimes(algorithm, seed, 300, false)) {
      const { state: next, verdict } = algorithm.step(state, at)
      state = next
      const allowedAt = (time: number): boolean => algorithm.step(structuredClone(next), time).verdict.allowed
      if (verdict.allowed ? verdict.retryUs !== 0 : verdict.retryUs <= 0 || !allowedAt(at + verdict.retryUs) || (verdict.retryUs > nearly && allowedAt(at + verdict.retryUs - nearly))) wrong.push({ seed, at, verdict })
    }
  }
  expect(wrong).toEqual([])
})

test.each(algorithms.filter(([name]) => !name.startsWith('leaky')))('%s: what is refused counts nothing', (_name, algorithm) => {
  for (const seed of seeds) {
    const judged = inMemory(algorithm, randomTimes(algorithm, seed, 400, false))
    const letIn = judged.filter(({ verdict }) => verdict.allowed)
    expect(inMemory(algorithm, letIn.map(({ at }) => at)), `seed ${seed}`).toEqual(letIn)
  }
})

test.each(algorithms)('%s: after the reset the full limit is there, and not before', (_name, algorithm) => {
  const wrong: unknown[] = []
  for (const seed of seeds) {
    let state: object | undefined
    for (const at of randomTimes(algorithm, seed, 60, false)) {
      const { state: next, verdict } = algorithm.step(state, at)
      state = next
      const burst = (from: number): number => inMemory(algorithm, Array.from({ length: algorithm.limit + 1 }, () => from), structuredClone(next)).filter((one) => one.verdict.allowed).length
      if (burst(at + verdict.resetUs) !== algorithm.limit || burst(at + verdict.resetUs - nearly) >= algorithm.limit) wrong.push({ seed, at, verdict })
    }
  }
  expect(wrong).toEqual([])
})

test.each([[5, 1], [7, 0.3], [20, 7]])('token bucket %i + %d/s: between any two moments no more than a burst and the rate', (capacity, perSecond) => {
  const algorithm = tokenBucket(capacity, perSecond)
  let excess = -Infinity
  for (const seed of seeds) {
    const times = inMemory(algorithm, randomTimes(algorithm, seed, 300, false)).filter(({ verdict }) => verdict.allowed).map(({ at }) => at)
    for (const [first, from] of times.entries()) {
      for (let last = first; last < times.length; last++) excess = Math.max(excess, last - first + 1 - capacity - ((times[last] ?? 0) - from) * (perSecond / 1e6))
    }
  }
  expect(excess).toBeLessThan(1e-6)
  expect(excess, 'the burst was used to the full').toBeGreaterThan(-1e-3)
})

test('token bucket: a caller at the sustained rate is never refused, one above it gets the rate', () => {
  const algorithm = tokenBucket(1, 3)
  expect(inMemory(algorithm, Array.from({ length: 5_000 }, (_none, n) => epoch + n * Math.ceil(1e6 / 3))).every(({ verdict }) => verdict.allowed)).toBe(true)
  const flood = inMemory(algorithm, Array.from({ length: 100_000 }, (_none, n) => epoch + n * 1_000))
  expect(flood.filter(({ verdict }) => verdict.allowed)).toHaveLength(300)
})

test.each([[1, 1_000], [7, 2_500], [40, 10_000]])('sliding window %i in %i ms: no stretch of that length has more', (limit, windowMs) => {
  const algorithm = slidingWindow(limit, windowMs)
  let shortest = Infinity
  for (const seed of seeds) {
    const times = inMemory(algorithm, randomTimes(algorithm, seed, 400, false)).filter(({ verdict }) => verdict.allowed).map(({ at }) => at)
    for (const [index, at] of times.entries()) shortest = Math.min(shortest, (times[index + limit] ?? Infinity) - at)
  }
  expect(shortest).toBe(windowMs * 1000)
})

test.each([[20, 2_000], [3, 0], [7, 10]])('leaky bucket %i/s: however they come, they go on evenly, and none is held for a second', (perSecond, blockMs) => {
  const algorithm = leakyBucket(perSecond, blockMs)
  const interval = 1e6 / perSecond
  let [closest, longest] = [Infinity, 0]
  for (const seed of seeds) {
    const letIn = inMemory(algorithm, randomTimes(algorithm, seed, 400, false)).filter(({ verdict }) => verdict.allowed)
    for (const { verdict } of letIn) longest = Math.max(longest, verdict.waitUs)
    const turns = letIn.map(({ at, verdict }) => at + verdict.waitUs)
    for (let n = 1; n < turns.length; n++) closest = Math.min(closest, (turns[n] ?? 0) - (turns[n - 1] ?? 0))
  }
  // Each turn is rounded up to a microsecond.
  expect(closest).toBeGreaterThan(interval - 2)
  expect(longest).toBeLessThanOrEqual(Math.ceil(1e6 - interval) + 1)
})

test('leaky bucket: one too many blocks the caller for as long as configured, and no longer', () => {
  const second = 1_000_000
  const burst = inMemory(leakyBucket(20, 2_000), [...Array.from({ length: 22 }, () => epoch), epoch + 1.9 * second, epoch + 2 * second - 1, epoch + 2 * second])
  expect(burst.map(({ verdict }) => verdict.allowed)).toEqual([...Array.from({ length: 20 }, () => true), false, false, false, false, true])
  expect(burst.slice(0, 3).map(({ verdict }) => verdict.waitUs)).toEqual([0, 50_000, 100_000])
  expect(burst[20]?.verdict).toEqual({ allowed: false, remaining: 0, resetUs: 2 * second, retryUs: 2 * second, waitUs: 0 })
  expect(burst[22]?.verdict.retryUs).toBe(0.1 * second)
})

// Redis tells the time of its host; an hour back, once, must not be an hour without service, nor a gift.
test.each(algorithms)('%s: a clock that is set back costs one reset at most', (_name, algorithm) => {
  const hour = 3_600_000_000
  const before = inMemory(algorithm, Array.from({ length: algorithm.limit + 1 }, () => epoch))
  const reset = before.at(-1)?.verdict.resetUs ?? 0
  const after = inMemory(algorithm, [...before.map(({ at }) => at), epoch - hour, epoch - hour + reset]).slice(-2)
  expect(after.map(({ verdict }) => verdict.allowed)).toEqual([false, true])
})
