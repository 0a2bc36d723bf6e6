/** The value types of GGUF metadata that a small llama file needs. */
export type GgufValue =
  | { type: 'uint32'; value: number }
  | { type: 'float32'; value: number }
  | { type: 'bool'; value: boolean }
  | { type: 'string'; value: string }
  | { type: 'string[]'; value: readonly string[] }
  | { type: 'int32[]'; value: readonly number[] }

export interface GgufTensor {
  name: string
  /** ggml's order: the first dimension is the one that lies together in memory. */
  shape: readonly number[]
  data: Float32Array
}

export interface GgufFile {
  metadata: ReadonlyArray<readonly [key: string, value: GgufValue]>
  tensors: readonly GgufTensor[]
}

const VERSION = 3
/** Of tensor data, when the metadata says nothing else. */
const ALIGNMENT = 32
const TYPE = { uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, array: 9 } as const
const F32 = 0

/**
 * Writes a GGUF v3 file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), little endian, tensors as float32.
 * Throws a TypeError when a tensor's data does not fill its shape.
 */
export function writeGguf({ metadata, tensors }: GgufFile): Buffer<ArrayBuffer> {
  const parts: Buffer[] = [Buffer.from('GGUF'), uint32(VERSION), uint64(tensors.length), uint64(metadata.length)]
  for (const [key, value] of metadata) parts.push(string(key), ...encode(value))
  let offset = 0
  for (const { name, shape, data } of tensors) {
    if (data.length !== shape.reduce((product, side) => product * side, 1)) throw new TypeError(`Expected ${name} to have ${shape.join(' × ')} numbers, got ${data.length}.`)
    parts.push(string(name), uint32(shape.length), ...shape.map(uint64), uint32(F32), uint64(offset))
    offset += aligned(data.byteLength)
  }
  const header = Buffer.concat(parts)
  return Buffer.concat([padded(header), ...tensors.map(({ data }) => padded(littleEndian(data)))])
}

function encode(entry: GgufValue): Buffer[] {
  if (entry.type === 'uint32') return [uint32(TYPE.uint32), uint32(entry.value)]
  if (entry.type === 'float32') return [uint32(TYPE.float32), littleEndian(Float32Array.of(entry.value))]
  if (entry.type === 'bool') return [uint32(TYPE.bool), Buffer.from([entry.value ? 1 : 0])]
  if (entry.type === 'string') return [uint32(TYPE.string), string(entry.value)]
  const head = (type: number, count: number) => [uint32(TYPE.array), uint32(type), uint64(count)]
  if (entry.type === 'string[]') return [...head(TYPE.string, entry.value.length), ...entry.value.map(string)]
  return [...head(TYPE.int32, entry.value.length), ...entry.value.map(uint32)]
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function string(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([uint64(bytes.length), bytes])
}

function littleEndian(numbers: Float32Array): Buffer {
  const bytes = Buffer.alloc(numbers.byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  numbers.forEach((number, at) => view.setFloat32(at * 4, number, true))
  return bytes
}

function aligned(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(aligned(bytes.length) - bytes.length)])
}
