import { describe, expect, test } from 'vitest'
import { SOON } from './fixture.ts'
import { Journal } from './journal.ts'
import { Latches } from './latch.ts'

const end = (id: string) => ({ kind: 'end', id, how: 'complete' }) as const

describe('journal', () => {
  test('stamps what it is given with a clock that never goes back', () => {
    const journal = new Journal()
    for (const id of ['a1', 'a2', 'a3']) journal.add(end(id))
    const times = journal.take().map((r) => r.t)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(journal.take()).toEqual([])
  })

  test('waitFor finds what is there, what comes, and gives up', async () => {
    const journal = new Journal()
    journal.add(end('a1'))
    expect(await journal.waitFor((r) => r.id === 'a1', SOON)).toBe(true)
    const later = journal.waitFor((r) => r.id === 'a2', SOON)
    journal.add(end('a2'))
    expect(await later).toBe(true)
    expect(await journal.waitFor((r) => r.id === 'a3', 1)).toBe(false)
  })

  test('waitUntil is about the latest record, and true of an empty journal', async () => {
    const journal = new Journal()
    expect(await journal.waitUntil(() => false, 1)).toBe(true)
    journal.add(end('a1'))
    journal.add(end('a2'))
    expect(await journal.waitUntil((r) => r.id === 'a1', 1)).toBe(false)
    const held = journal.waitUntil((r) => r.id === 'a3', SOON)
    journal.add(end('a3'))
    expect(await held).toBe(true)
  })
})

describe('latches', () => {
  test('a count that was reached before the wait counts, and so does a higher one', async () => {
    const latches = new Latches()
    latches.reach('n1', 3)
    latches.reach('n1', 1)
    expect(await latches.wait('n1', 2, SOON)).toBe(true)
    expect(await latches.wait('n1', 3, SOON)).toBe(true)
    expect(await latches.wait('n1', 4, 1)).toBe(false)
    expect(await latches.wait('n2', 1, 1)).toBe(false)
  })

  test('several waiters of one key are released by their own counts', async () => {
    const latches = new Latches()
    const order: number[] = []
    const waits = [2, 1, 2].map((count) => latches.wait('n1', count, SOON).then((reached) => reached && order.push(count)))
    latches.reach('n1', 1)
    await waits[1]
    expect(order).toEqual([1])
    latches.reach('n1', 2)
    await Promise.all(waits)
    expect(order).toEqual([1, 2, 2])
  })

  test('an abort releases the waiter with false; what was forgotten starts from 0', async () => {
    const latches = new Latches()
    const stop = new AbortController()
    const wait = latches.wait('n1', 1, SOON, stop.signal)
    stop.abort()
    expect(await wait).toBe(false)
    latches.reach('n1', 1)
    latches.forget()
    expect(await latches.wait('n1', 1, 1)).toBe(false)
  })
})
