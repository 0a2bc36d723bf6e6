import { expect, test } from 'vitest'
import { until, within } from './wait.ts'

test('until answers true as soon as the check does, and takes a throw for "not yet"', async () => {
  let calls = 0
  const check = async () => {
    if (++calls < 3) throw new Error('connection refused')
    return calls === 4
  }
  expect(await until(check, { timeoutMs: 5000, everyMs: 1 })).toBe(true)
  expect(calls).toBe(4)
})

test('until gives up in time, even on a check that hangs', async () => {
  const started = performance.now()
  expect(await until(() => new Promise(() => undefined), { timeoutMs: 50 })).toBe(false)
  expect(performance.now() - started).toBeLessThan(1000)
})

test('until rejects with the reason of the abort', async () => {
  const stop = new Error('ctrl-c')
  const controller = new AbortController()
  const waiting = until(async () => false, { timeoutMs: 5000, signal: controller.signal })
  controller.abort(stop)
  await expect(waiting).rejects.toBe(stop)
  await expect(until(async () => false, { timeoutMs: 5000, signal: AbortSignal.abort(stop) })).rejects.toBe(stop)
})

test('within resolves as the work does, or to undefined', async () => {
  expect(await within(1000, Promise.resolve(7))).toBe(7)
  expect(await within(10, new Promise(() => undefined))).toBeUndefined()
  await expect(within(1000, Promise.reject(new Error('no')))).rejects.toThrow('no')
})
