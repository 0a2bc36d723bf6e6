import { expect, test } from 'vitest'
import type { Frames } from '../call/frames.ts'
import { frameOf } from '../check/chat-stream.ts'
import { whenDone } from './when-done.ts'

/** A stream of two frames, or of one and an error; counts how often its end was told. */
function stream(error?: Error) {
  let told = 0
  async function* source(): Frames {
    yield frameOf({ n: 1 })
    if (error !== undefined) throw error
    yield frameOf({ n: 2 })
  }
  const answer = whenDone({ kind: 'stream', frames: source() }, () => told++)
  if (answer.kind !== 'stream') throw new Error('no stream')
  return { frames: answer.frames, told: () => told }
}

test('a stream that is left before its first frame was taken is done: a generator that never started would run no finally', async () => {
  const { frames, told } = stream()
  await frames.return()
  expect(told()).toBe(1)
  expect(await frames.next()).toMatchObject({ done: true })
  expect(told()).toBe(1)
})

test('a stream taken to its end is done with the last frame, not before, and once', async () => {
  const { frames, told } = stream()
  const seen: unknown[] = []
  for await (const { chunk } of frames) {
    seen.push(chunk)
    expect(told()).toBe(0)
  }
  await frames.return()
  expect(seen).toEqual([{ n: 1 }, { n: 2 }])
  expect(told()).toBe(1)
})

test('a stream that is left in the middle is done', async () => {
  const { frames, told } = stream()
  for await (const { chunk } of frames) if (chunk['n'] === 1) break
  expect(told()).toBe(1)
})

test('a stream that fails is done, and fails', async () => {
  const { frames, told } = stream(new Error('cut'))
  await frames.next()
  await expect(frames.next()).rejects.toThrow('cut')
  expect(told()).toBe(1)
})

test('an answer in one piece is done at once', () => {
  let told = 0
  const answer = { kind: 'json', text: '{}', json: {} } as const
  expect(whenDone(answer, () => told++)).toBe(answer)
  expect(told).toBe(1)
})
