import { Redactor } from './redactor.ts'
import type { RedactorOptions } from './redactor.ts'

const mark = '[redacted]'
const special = /["\\]/g

/**
 * A {@link Redactor} for a text that is JSON, such as the arguments of a tool call: what comes out is JSON again. Within a
 * string, escapes count as the characters they stand for; a number that is a secret becomes a string.
 */
export class JsonRedactor {
  readonly #options: RedactorOptions
  readonly #outside: Redactor
  /** Of the string that is open. */
  #inside: Redactor | undefined
  /** An escape of which more is to come. */
  #torn = ''

  constructor(options: Omit<RedactorOptions, 'mark' | 'signed'>) {
    this.#options = { ...options, mark }
    this.#outside = new Redactor({ ...options, mark: `"${mark}"`, signed: true })
  }

  /** What may be shown after one more piece. */
  push(piece: string): string {
    const text = this.#torn + piece
    this.#torn = ''
    let out = ''
    let at = 0
    while (at < text.length) {
      const stop = this.#nextStop(text, at)
      if (stop > at) out += (this.#inside ?? this.#outside).push(text.slice(at, stop))
      if (stop === text.length) break
      if (text[stop] === '"') {
        out += (this.#inside?.end() ?? '') + this.#outside.push('"')
        this.#inside = this.#inside === undefined ? new Redactor(this.#options) : undefined
        at = stop + 1
        continue
      }
      at = stop + (text[stop + 1] === 'u' ? '\\u0000'.length : '\\n'.length)
      if (at > text.length) this.#torn = text.slice(stop)
      else out += this.#escaped(text.slice(stop, at))
    }
    return out
  }

  /** What was held back, once nothing follows. */
  end(): string {
    return (this.#inside ?? this.#outside).end() + this.#torn
  }

  #nextStop(text: string, from: number): number {
    if (this.#inside === undefined) {
      const quote = text.indexOf('"', from)
      return quote === -1 ? text.length : quote
    }
    special.lastIndex = from
    return special.exec(text)?.index ?? text.length
  }

  // As it was written, unless it is part of a secret or has to wait. What waits never needs an escape.
  #escaped(escape: string): string {
    const char = decoded(escape)
    const shown = this.#inside?.push(char) ?? ''
    return shown.endsWith(char) ? shown.slice(0, -1) + escape : shown
  }
}

function decoded(escape: string): string {
  try {
    return JSON.parse(`"${escape}"`) as string
  } catch {
    // No escape that JSON knows. It goes on as it is.
    return '\\'
  }
}
