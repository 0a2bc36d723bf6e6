import { createHash } from 'node:crypto'

/** A named secret and its stand-in of the same length, so that replaced bytes keep their chunk boundaries and their times. */
export class Secrets {
  readonly #items: { name: string; value: Buffer; mark: Buffer }[] = []

  constructor(values: Record<string, string>) {
    // Longest first: of two secrets that begin alike the shorter must not take the longer one's head away.
    for (const [name, value] of Object.entries(values).toSorted(([, a], [, b]) => b.length - a.length)) {
      if (value.length < 8) continue // shorter ones would match ordinary text
      this.#items.push({ name, value: Buffer.from(value), mark: Buffer.from(secretMark(name, Buffer.byteLength(value))) })
    }
  }

  /** Replaces every secret in a text. */
  text(input: string): string {
    return this.#items.reduce((text, { value, mark }) => text.replaceAll(value.toString(), mark.toString()), input)
  }

  /** Replaces every secret in a sequence of chunks, also one that spans two of them. Returns new chunks of the same sizes. */
  chunks(input: readonly Buffer[]): Buffer[] {
    const whole = Buffer.concat(input)
    let touched = false
    for (const { value, mark } of this.#items) {
      for (let at = whole.indexOf(value); at !== -1; at = whole.indexOf(value, at + value.length)) {
        mark.copy(whole, at)
        touched = true
      }
    }
    if (!touched) return [...input]
    let offset = 0
    return input.map((chunk) => whole.subarray(offset, (offset += chunk.length)))
  }
}

const long = (name: string): string => `<<secret ${name}>>`
/** For secrets shorter than their long mark, such as an address: as short as a secret may be, and another one for each name. */
const short = (name: string): string => `<<${createHash('sha256').update(name).digest('hex').slice(0, 4)}>>`

/** What stands in evidence for the secret called `name`, which is as many bytes long. */
export const secretMark = (name: string, length: number): string => (length < long(name).length ? short(name) : long(name)).padEnd(length, '.')

/** True when a text holds what stands for the secret called `name`. */
export const isMarked = (text: string, name: string): boolean => text.includes(long(name)) || text.includes(short(name))
