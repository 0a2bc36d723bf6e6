import { expect, test, vi } from 'vitest'
import { frameOf } from '../check/chat-stream.ts'
import type { Frame } from '../check/chat-stream.ts'
import { polled, resumed, taken } from './frames.ts'
import type { Frames } from './frames.ts'

const frame = (n: number): Frame => frameOf({ n })
const nth = (next: Awaited<ReturnType<Frames['next']>> | undefined): unknown => (next?.done === false ? next.value.chunk['n'] : next)

/** A stream of 1, 2, 3; notes that it was left, or over. */
function stream() {
  const left = vi.fn()
  async function* source(): Frames {
    try {
      yield frame(1)
      yield frame(2)
      yield frame(3)
    } finally {
      left()
    }
  }
  return { frames: taken(source()), left }
}

/** A stream of 1, 2, of which the first is awaited until `come` is called. */
function awaited() {
  const bytes = Promise.withResolvers<void>()
  async function* source(): Frames {
    await bytes.promise
    yield frame(1)
    yield frame(2)
  }
  return { frames: taken(source()), come: bytes.resolve }
}

test('a stream that was begun goes on with what was taken of it', async () => {
  const { frames } = stream()
  const held = await frames.next()
  if (held.done === true) throw new Error('too short')
  const again: unknown[] = []
  for await (const { chunk } of resumed([held.value], frames)) again.push(chunk['n'])
  expect(again).toEqual([1, 2, 3])
})

test('a stream that was begun and is left has nothing more to give', async () => {
  const { frames, left } = stream()
  await frames.next()
  const again = resumed([frame(0)], frames)
  await again.return()
  expect(left).toHaveBeenCalledOnce()
  expect(await again.next()).toEqual({ done: true, value: undefined })
})

test('what comes after somebody has stopped waiting for it is there for the next who asks', async () => {
  const { frames, come } = awaited()
  expect(await polled(frames, 0)).toBeUndefined()
  const next = polled(frames)
  come()
  expect([nth(await next), nth(await polled(frames, 1_000))]).toEqual([1, 2])
})

test('what came while nobody waited is there at once', async () => {
  const { frames, come } = awaited()
  const woken = Promise.withResolvers<void>()
  expect(frames.poll(woken.resolve)).toBeUndefined()
  come()
  await woken.promise
  expect(nth(frames.poll(() => {}))).toBe(1)
})

test('of two who ask at once the last one is woken, once', async () => {
  const { frames, come } = awaited()
  const [first, last] = [vi.fn(), vi.fn()]
  expect([frames.poll(first), frames.poll(last)]).toEqual([undefined, undefined])
  come()
  await vi.waitFor(() => expect(last).toHaveBeenCalledOnce())
  expect(first).not.toHaveBeenCalled()
})
