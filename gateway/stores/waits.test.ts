import { expect, test } from 'vitest'
import { Waits } from './waits.ts'

test('a wait expires after its time, one that was ended in time does not', async () => {
  const waits = new Waits(40)
  const started = performance.now()
  const expired = Promise.withResolvers<number>()
  let late = false
  const end = waits.begin(() => {
    late = true
  })
  const other = waits.begin(() => expired.resolve(performance.now() - started))
  expect(end()).toBe(true)
  expect(await expired.promise).toBeGreaterThanOrEqual(39)
  expect(late).toBe(false)
  expect(other()).toBe(false)
})

test('after a stall there is time left to see what came meanwhile', async () => {
  const waits = new Waits(20)
  let late = false
  const end = waits.begin(() => {
    late = true
  })
  const until = performance.now() + 100
  while (performance.now() < until);
  // Timers that are due come first, then what was read.
  await new Promise((resolve) => setImmediate(resolve))
  expect(end()).toBe(true)
  await new Promise<void>((resolve) => {
    waits.begin(resolve)
  })
  expect(late).toBe(false)
})

test('those that come while others wait have their own time', async () => {
  const waits = new Waits(40)
  const order: string[] = []
  const all = Promise.withResolvers<void>()
  waits.begin(() => order.push('first'))
  await new Promise<void>((resolve) => {
    new Waits(20).begin(resolve)
  })
  const started = performance.now()
  waits.begin(() => {
    order.push('second')
    all.resolve()
  })
  await all.promise
  expect(performance.now() - started).toBeGreaterThanOrEqual(39)
  expect(order).toEqual(['first', 'second'])
})
