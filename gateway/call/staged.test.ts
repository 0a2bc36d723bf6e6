import { expect, test, vi } from 'vitest'
import { frameOf } from '../check/chat-stream.ts'
import type { Frame } from '../check/chat-stream.ts'
import type { Frames } from './frames.ts'
import { staged } from './staged.ts'
import type { End, Stage } from './staged.ts'

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
