/** What is counted as one character and is two units of a text. Not to be found in a text of one byte a character, which is not even searched. */
const pairs = /[\uD800-\uDFFF]/

/** Cuts texts off where their characters (code points) together reach a limit. */
export class LengthLimit {
  #left: number
  #isCut = false

  constructor(maxChars: number = Number.POSITIVE_INFINITY) {
    this.#left = maxChars
  }

  /** Whether something was cut off. */
  get isCut(): boolean {
    return this.#isCut
  }

  /** As much of the next text as fits. */
  take(text: string): string {
    if (this.#left === Number.POSITIVE_INFINITY) return text
    if (text.length <= this.#left && !pairs.test(text)) {
      this.#left -= text.length
      return text
    }
    let at = 0
    for (; at < text.length && this.#left > 0; this.#left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
    this.#isCut ||= at < text.length
    return text.slice(0, at)
  }
}
