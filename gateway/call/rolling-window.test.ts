import { expect, test } from 'vitest'
import { RollingWindow } from './rolling-window.ts'

function make(minimumCalls: number, percent = 50, start = 0) {
  let time = start
  const window = new RollingWindow({ percent, windowMs: 60_000, minimumCalls, now: () => time })
  return { window, pass: (ms: number) => (time += ms) }
}

test.each(Array.from({ length: 60 }, (_none, index) => index + 1))('opens at exactly %i calls when so many are asked for', (minimum) => {
  const { window } = make(minimum)
  for (let n = 1; n < minimum; n++) expect(window.failure()).toBe(false)
  expect(window.failure()).toBe(true)
})

test('opens above the share, not at it', () => {
  const { window } = make(4)
  for (let n = 0; n < 2; n++) window.success()
  expect(window.failure()).toBe(false)
  expect(window.failure()).toBe(false)
  expect(window.failure()).toBe(true)
})

test('successes are forgotten as failures are', () => {
  const { window, pass } = make(2)
  for (let n = 0; n < 100; n++) window.success()
  expect(window.failure()).toBe(false)
  pass(60_000)
  expect(window.failure()).toBe(false)
  expect(window.failure()).toBe(true)
})

test.each([0, 1, 12_345_678.9])('a call counts for the whole window less a twentieth at most, from %d on', (start) => {
  for (const [later, counts] of [[57_000, true], [60_000, false]] as const) {
    const { window, pass } = make(2, 50, start)
    window.failure()
    pass(later)
    expect(window.failure()).toBe(counts)
  }
})

test('what comes in slowly is forgotten slowly: the oldest first', () => {
  const { window, pass } = make(5)
  for (let n = 0; n < 40; n++) {
    window.failure()
    pass(15_000)
  }
  // Four in each minute, for ever.
  expect(window.failure()).toBe(false)
  expect(window.failure()).toBe(true)
})
