import { expect, test } from 'vitest'
import { bigramGguf } from './bigram-gguf.ts'
import { WORDS } from './bigram.ts'
import { writeGguf } from './gguf.ts'

test('a file is laid out as the format says, byte by byte', () => {
  const file = writeGguf({
    metadata: [
      ['n', { type: 'uint32', value: 7 }],
      ['b', { type: 'bool', value: true }],
      ['s', { type: 'string', value: 'é' }],
      ['a', { type: 'int32[]', value: [1, -1] }],
    ],
    tensors: [
      { name: 't', shape: [2], data: Float32Array.of(1, -2) },
      { name: 'u', shape: [1], data: Float32Array.of(0.5) },
    ],
  })
  const text = (value: string) => [Buffer.byteLength(value), 0, 0, 0, 0, 0, 0, 0, ...Buffer.from(value)]
  const header = [
    ...Buffer.from('GGUF'), 3, 0, 0, 0,
    2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0,
    ...text('n'), 4, 0, 0, 0, 7, 0, 0, 0,
    ...text('b'), 7, 0, 0, 0, 1,
    ...text('s'), 8, 0, 0, 0, ...text('é'),
    ...text('a'), 9, 0, 0, 0, 5, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255,
    ...text('t'), 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ...text('u'), 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0,
  ]
  expect([...file.subarray(0, header.length)]).toEqual(header)
  const data = Math.ceil(header.length / 32) * 32
  expect(file.length).toBe(data + 64)
  expect([file.readFloatLE(data), file.readFloatLE(data + 4), file.readFloatLE(data + 32)]).toEqual([1, -2, 0.5])
})

test('a tensor whose data does not fill its shape is refused', () => {
  expect(() => writeGguf({ metadata: [], tensors: [{ name: 'w', shape: [2, 3], data: new Float32Array(5) }] })).toThrow('Expected w to have 2 × 3 numbers, got 5.')
})

test('the bigram file is small, the same every time, and holds every word with its blank', () => {
  const file = bigramGguf()
  expect(file.length).toBeLessThan(4e6)
  expect(bigramGguf().equals(file)).toBe(true)
  expect(file.includes(Buffer.from(`Ġ${WORDS[0]}`))).toBe(true)
  // 東京 as GPT-2 writes its bytes.
  expect(file.includes(Buffer.from('ĠæĿ±äº¬'))).toBe(true)
})
