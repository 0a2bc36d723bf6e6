import { expect, test, vi } from 'vitest'
import { frameOf } from '../check/chat-stream.ts'
import type { Frame } from '../check/chat-stream.ts'
import { polled, resumed, staged, taken } from './frames.ts'
import type { End, Frames, Stage } from './frames.ts'

const frame = (n: number): Frame => frameOf({ n })
const numbers = (frames: readonly Frame[]): unknown[] => frames.map(({ chunk }) => chunk['n'])
const all = async (frames: Frames): Promise<unknown[]> => {
  const shown: Frame[] = []
  for await (const one of frames) shown.push(one)
  return numbers(shown)
}

/** A stream of 1, 2, 3 (or of 1 and an error) past a stage; notes how each ended. */
function stream(stage: Omit<Stage, 'end'> = {}, error?: Error) {
  const ends: End[] = []
  const sourceLeft = vi.fn()
  async function* source(): Frames {
    try {
      yield frame(1)
      if (error !== undefined) throw error
      yield frame(2)
      yield frame(3)
    } finally {
      sourceLeft()
    }
  }
  return { frames: staged(source(), { ...stage, end: (how) => ends.push(how) }), ends, sourceLeft }
}

test('frames go on as they are, and the end comes after the last one, once', async () => {
  const { frames, ends } = stream()
  const shown: Frame[] = []
  for await (const one of frames) {
    expect(ends).toEqual([])
    shown.push(one)
  }
  await frames.return()
  expect(numbers(shown)).toEqual([1, 2, 3])
  expect(ends).toEqual([{ kind: 'whole' }])
})

test('a stage gives other frames, more, none, and some behind the last', async () => {
  const { frames } = stream({ each: (one) => (one.chunk['n'] === 1 ? frame(10) : one.chunk['n'] === 2 ? [] : [frame(30), one]), rest: () => [frame(40), frame(50)] })
  expect(await all(frames)).toEqual([10, 30, 3, 40, 50])
})

test('a stage that has enough ends the source, not the frames it just gave', async () => {
  let seen = 0
  const { frames, ends, sourceLeft } = stream({ each: (one) => [one, frame(10 + ++seen)], isEnough: () => seen === 2 })
  expect(await all(frames)).toEqual([1, 11, 2, 12])
  expect(ends).toEqual([{ kind: 'left' }])
  expect(sourceLeft).toHaveBeenCalledOnce()
})

test('a failure of the source is told, and thrown', async () => {
  const error = new Error('cut')
  const { frames, ends } = stream({}, error)
  await frames.next()
  await expect(frames.next()).rejects.toBe(error)
  expect(ends).toEqual([{ kind: 'failed', error }])
  expect(await frames.next()).toEqual({ done: true, value: undefined })
})

test('what a stage throws ends the stream, and the source as well', async () => {
  const error = new Error('too much')
  const { frames, ends, sourceLeft } = stream({ each: () => {
    throw error
  } })
  await expect(frames.next()).rejects.toBe(error)
  expect(ends).toEqual([{ kind: 'failed', error }])
  expect(sourceLeft).toHaveBeenCalledOnce()
})

test('left before its first frame, a stream ends all the same: a generator that never started would not', async () => {
  const { frames, ends } = stream()
  await frames.return()
  expect(ends).toEqual([{ kind: 'left' }])
  expect(await frames.next()).toEqual({ done: true, value: undefined })
})

test('left in the middle, through several stages, each ends, and none goes on', async () => {
  const { frames, ends, sourceLeft } = stream()
  const outer: End[] = []
  const outside = staged(frames, { each: (one) => [one, one], end: (how) => outer.push(how) })
  for await (const one of outside) if (one.chunk['n'] === 2) break
  expect([ends, outer]).toEqual([[{ kind: 'left' }], [{ kind: 'left' }]])
  expect(sourceLeft).toHaveBeenCalledOnce()
  expect(await outside.next()).toEqual({ done: true, value: undefined })
})

test('left while its next frame is awaited, a stream ends at once, so that whoever stands behind it can stop the wait', async () => {
  const bytes = Promise.withResolvers<void>()
  async function* source(): Frames {
    await bytes.promise
    yield frame(1)
  }
  const frames = staged(source(), { end: () => bytes.resolve() })
  const next = frames.next()
  await frames.return()
  expect(await next).toEqual({ done: true, value: undefined })
})

test('a stream that was begun goes on with what was taken of it', async () => {
  const { frames } = stream()
  const held = await frames.next()
  if (held.done === true) throw new Error('too short')
  expect(await all(resumed([held.value], taken(frames)))).toEqual([1, 2, 3])
})

test('a stream that was begun and is left has nothing more to give', async () => {
  const { frames, ends } = stream()
  await frames.next()
  const again = resumed([frame(0)], taken(frames))
  await again.return()
  expect(ends).toEqual([{ kind: 'left' }])
  expect(await again.next()).toEqual({ done: true, value: undefined })
})

test('what comes after somebody has stopped waiting for it is there for the next who asks', async () => {
  const bytes = Promise.withResolvers<void>()
  async function* source(): Frames {
    await bytes.promise
    yield frame(1)
    yield frame(2)
  }
  const frames = taken(source())
  expect(await polled(frames, 0)).toBeUndefined()
  const next = polled(frames)
  bytes.resolve()
  expect(numbers([await next, await polled(frames, 1_000)].map((one) => one?.value as Frame))).toEqual([1, 2])
})

test('of two who ask at once the last one is woken, once', async () => {
  const bytes = Promise.withResolvers<void>()
  async function* source(): Frames {
    await bytes.promise
    yield frame(1)
  }
  const frames = taken(source())
  const [first, last] = [vi.fn(), vi.fn()]
  expect([frames.poll(first), frames.poll(last)]).toEqual([undefined, undefined])
  bytes.resolve()
  await vi.waitFor(() => expect(last).toHaveBeenCalledOnce())
  expect(first).not.toHaveBeenCalled()
})
