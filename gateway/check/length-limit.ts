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
    let at = 0
    for (; at < text.length && this.#left > 0; this.#left--) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
    this.#isCut ||= at < text.length
    return text.slice(0, at)
  }
}
