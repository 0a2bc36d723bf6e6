import { expect, test } from 'vitest'
import { Slots } from './queue.ts'

const never = new AbortController().signal

test('slots go to those who wait in the order in which they came, and the rest is refused', async () => {
  const slots = new Slots({ slots: 1, places: 2 })
  const order: number[] = []
  const release = await slots.enter(never)
  const waiting = [1, 2].map(async (n) => {
    const done = await slots.enter(never)
    order.push(n)
    done?.()
  })
  await expect(slots.enter(never)).rejects.toMatchObject({ status: 503, retryAfter: '1' })
  expect(order).toEqual([])
  release?.()
  await Promise.all(waiting)
  expect(order).toEqual([1, 2])
})

test('a caller who leaves the line takes nobody with it, and gives no slot back that it never had', async () => {
  const slots = new Slots({ slots: 1, places: 1 })
  const gone = new AbortController()
  const release = await slots.enter(never)
  const left = slots.enter(gone.signal)
  gone.abort()
  expect(await left).toBeNull()
  release?.()
  await slots.enter(never)
  const full = slots.enter(never)
  await expect(slots.enter(never)).rejects.toMatchObject({ status: 503 })
  expect(await Promise.race([full, Promise.resolve('waits')])).toBe('waits')
})
