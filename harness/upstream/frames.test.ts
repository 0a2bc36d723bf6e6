import { describe, expect, test } from 'vitest'
import { decodeSse } from '../../schemas/sse.ts'
import { frame, writesOf } from './frames.ts'
import { VARIANCES } from './script.ts'
import { completionChunks } from './wire.ts'

const payloads = [...completionChunks('n1-f0', true).map((chunk) => JSON.stringify(chunk)), '[DONE]']
const stream = (variance: (typeof VARIANCES)[number] | undefined): Buffer[] => payloads.map((data, i) => Buffer.from(frame(data, variance, i === 0)))
const parsed = (data: string): unknown => (data === '[DONE]' ? data : JSON.parse(data))

describe.each([undefined, ...VARIANCES])('spelled as %s', (variance) => {
  test('a stream means the same, however its bytes are cut', () => {
    const plain = payloads.map(parsed)
    const frames = stream(variance)
    const bytes = Buffer.concat(frames)
    const cuts = [frames, [bytes], [...bytes].map((byte) => Buffer.of(byte)), writesOf(bytes, 'inside-characters')]
    for (const chunks of cuts) {
      const { events, rest } = decodeSse(chunks)
      expect(events.map((e) => parsed(e.data))).toEqual(plain)
      expect(events.every((e) => e.type === 'message')).toBe(true)
      expect(rest).toMatchObject({ pending: '', malformedUtf8: false })
    }
  })

  test(variance === undefined ? 'is plain' : 'is not what a plain stream looks like', () => {
    const same = Buffer.concat(stream(variance)).equals(Buffer.concat(stream(undefined)))
    expect(same).toBe(variance === undefined)
  })
})

test('the byte order mark stands before the first event only', () => {
  expect(stream('bom').map((f) => f.subarray(0, 3).equals(Buffer.from('\uFEFF')))).toEqual(payloads.map((_, i) => i === 0))
})

test('comments and unknown fields are what they say', () => {
  expect(decodeSse(stream('comments')).rest.comments).toBe(2 * payloads.length)
  expect(decodeSse(stream('unknown-fields')).rest.unknownFields).toEqual(payloads.map(() => 'x-note'))
})

test('a split inside characters leaves none of several bytes whole, and loses nothing', () => {
  const text = 'a é – 🦊 b'
  const writes = writesOf(Buffer.from(text), 'inside-characters')
  expect(Buffer.concat(writes).toString()).toBe(text)
  expect(writes).toHaveLength(4)
  for (const write of writes) expect(write.toString()).not.toMatch(/[é–🦊]/u)
  expect(writesOf(Buffer.from(text), undefined)).toHaveLength(1)
})
