import { expect, test } from 'vitest'
import { Ending, WorkScope } from './scope.ts'

test('an end comes once, keeps its first reason and tells whoever still listens', () => {
  const ending = new Ending()
  const told: string[] = []
  const [first, second, third] = [() => told.push('first'), () => told.push('second'), () => told.push('third')]
  for (const run of [first, second, third]) ending.onEnd(run)
  ending.offEnd(first)
  ending.offEnd(first)
  expect(() => ending.throwIfOver()).not.toThrow()
  const reason = new Error('the first')
  ending.end(reason)
  ending.end(new Error('another'))
  expect(told.sort()).toEqual(['second', 'third'])
  expect(ending).toMatchObject({ isOver: true, reason })
  expect(() => ending.throwIfOver()).toThrow(reason)
})

test('whoever leaves while others are told takes nobody with it', () => {
  const ending = new Ending()
  const told: string[] = []
  const last = (): void => void told.push('last')
  ending.onEnd(() => ending.offEnd(last))
  ending.onEnd(() => told.push('middle'))
  ending.onEnd(last)
  ending.end()
  expect(told).toContain('middle')
})

test('the signal follows, whether it was asked for before or behind the end', () => {
  const early = new Ending()
  const { signal } = early
  expect(signal.aborted).toBe(false)
  early.end(new Error('why'))
  expect(signal).toMatchObject({ aborted: true, reason: early.reason as Error })
  const late = new Ending()
  late.end(new Error('why'))
  expect(late.signal).toMatchObject({ aborted: true, reason: late.reason as Error })
})

test('work ends with what it depends on, or with its time, and leaves nothing behind', async () => {
  const cut = new Ending()
  {
    using scope = new WorkScope(60_000, cut)
    expect(scope.remainingMs).toBeGreaterThan(59_000)
    cut.end()
    expect(scope.reason).toMatchObject({ id: 'GW_ERR_DRAINING' })
    using late = new WorkScope(60_000, cut)
    expect(late.isOver).toBe(true)
  }
  using short = new WorkScope(1, new Ending())
  await new Promise<void>((resolve) => short.onEnd(resolve))
  expect(short.reason).toMatchObject({ id: 'GW_ERR_TOTAL_TIMEOUT' })
})
