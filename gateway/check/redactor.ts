export type SecretKind = 'ssn' | 'card' | 'api-key'

export interface RedactorOptions {
  readonly kinds: ReadonlySet<SecretKind>
  /** Told once per mark. */
  readonly found: (kind: SecretKind) => void
  /** What stands in place of a secret. */
  readonly mark?: string
  /** `-` and `+` in front belong to a number, as in JSON outside of strings. */
  readonly signed?: boolean
}

/** The longest secret that begins with a number: where it ends (0 for none), and where to go on. */
interface Finding {
  readonly end: number
  readonly kind: SecretKind
  readonly next: number
}

const cardDigits = { least: 13, most: 19 }
const ssnDigits = 9
const ssnLength = 11
const ssn = /^\d{3}\D\d{2}\D\d{4}$/
/** So many key characters behind `sk-` are a key; of fewer, a digit has to be among them. `sk-learn` is neither. */
const keyPrefix = 'sk-'.length
const keyChars = { withDigit: 8, any: 20 }

const suspicious = /[0-9]|sk[-_]|sk?$/

/** Whether a text may hold a secret, or end in the begin of one. */
export function isSuspicious(text: string): boolean {
  return suspicious.test(text)
}

/**
 * Takes SSNs (`123-45-6789`), card numbers (13 to 19 digits, single blanks or dashes between them, that pass the Luhn check) and
 * API keys (`sk-…`) out of a text that comes in pieces. However it is cut into pieces, the same comes out. What could still become
 * a secret is held back: 40 characters at most, and no character is looked at more than a bounded number of times.
 *
 * A number within a longer word (`n4111111111111111`, `f0-4111`, a UUID, `1.4111`) is no secret. Of numbers that overlap, as in
 * `12 4111 1111 1111 1111 123`, every digit goes that belongs to one that passes.
 */
export class Redactor {
  readonly #found: RedactorOptions['found']
  readonly #mark: string
  readonly #signed: boolean
  readonly #ssns: boolean
  readonly #cards: boolean
  readonly #keys: boolean
  #held = ''
  /** So many characters of what is held belong to a secret that has its mark already. */
  #covered = 0
  /** The mark of a key is out, its end has not come. */
  #insideKey = false
  /** The last two characters before what is held. */
  #last = 0
  #lastButOne = 0

  constructor({ kinds, found, mark = '[redacted]', signed = false }: RedactorOptions) {
    this.#found = found
    this.#mark = mark
    this.#signed = signed
    this.#ssns = kinds.has('ssn')
    this.#cards = kinds.has('card')
    this.#keys = kinds.has('api-key')
  }

  /** What may be shown after one more piece. */
  push(text: string): string {
    if (this.#held !== '' || this.#insideKey || suspicious.test(text)) return this.#scan(this.#held + text, false)
    this.#pass(text, text.length)
    return text
  }

  /** What was held back, once nothing follows. */
  end(): string {
    return this.#held === '' ? '' : this.#scan(this.#held, true)
  }

  #scan(text: string, final: boolean): string {
    let out = ''
    let covered = this.#covered
    let shown = covered
    let at = 0
    if (this.#insideKey) {
      at = shown = covered = endOfKey(text, 0)
      this.#insideKey = at === text.length
    }
    while (at < text.length) {
      const char = text.charCodeAt(at)
      const finding = isDigit(char) ? this.#number(text, at, final) : char === letterS ? this.#key(text, at, final) : undefined
      if (finding === 'open') break
      if (finding !== undefined && finding.end > covered) {
        if (at >= covered) {
          out += text.slice(shown, at) + this.#mark
          this.#found(finding.kind)
        }
        shown = covered = finding.end
        this.#insideKey = finding.kind === 'api-key' && covered === text.length
      }
      at = finding === undefined ? at + 1 : finding.next
    }
    if (shown < at) out += text.slice(shown, at)
    this.#pass(text, at)
    this.#held = text.slice(at)
    this.#covered = Math.max(0, covered - at)
    return out
  }

  /** The longest secret among those that begin with the number at `start`. */
  #number(text: string, start: number, final: boolean): Finding | 'open' {
    const most = this.#cards ? cardDigits.most : this.#ssns ? ssnDigits : 0
    if (most === 0 || this.#isWithinWord(text, start)) return { end: 0, kind: 'card', next: endOfWord(text, start) }
    // The Luhn sum for either parity: which digits count double is known when the last one is.
    let odd = 0
    let even = 0
    let digits = 0
    let end = 0
    let kind: SecretKind = 'card'
    let next = 0
    for (let at = start; ; at++) {
      const char = text.charCodeAt(at)
      if (isDigit(char)) {
        if (digits++ === most) return { end, kind, next: next || at }
        const digit = char - zero
        const double = digit > 4 ? 2 * digit - 9 : 2 * digit
        odd += digits % 2 === 1 ? double : digit
        even += digits % 2 === 1 ? digit : double
        continue
      }
      if (!final && (at === text.length || (at + 1 === text.length && mayJoin(char)))) return 'open'
      const after = text.charCodeAt(at + 1)
      if (isDash(char) && isDigit(after)) continue
      const withinWord = char !== blank && (isWord(char) || (isHyphen(char) && isWord(after)) || (char === dot && isDigit(after)))
      if (!withinWord) {
        const sum = digits % 2 === 0 ? odd : even
        // Nothing but zeros passes the check as well, and is no card but a placeholder.
        const isCard = this.#cards && digits >= cardDigits.least && sum > 0 && sum % 10 === 0
        const isSsn = this.#ssns && next === 0 && at - start === ssnLength && ssn.test(text.slice(start, at))
        if (isCard || isSsn) end = at
        if (isSsn) kind = 'ssn'
      }
      next ||= at
      if (withinWord || !isBlank(char) || !isDigit(after)) return { end, kind, next }
    }
  }

  /** The key that begins with the letter at `start`, if one does; said as soon as it is sure. */
  #key(text: string, start: number, final: boolean): Finding | 'open' | undefined {
    if (!this.#keys || isWord(this.#charBefore(text, start))) return undefined
    let digit = false
    for (let length = 1; length < keyPrefix + keyChars.any; length++) {
      const at = start + length
      if (at >= text.length) return final ? undefined : 'open'
      const char = text.charCodeAt(at)
      if (length === 1 ? char !== letterK : !(isHyphenAscii(char) || (length > 2 && isWord(char)))) return undefined
      digit ||= isDigit(char)
      if (digit && length + 1 >= keyPrefix + keyChars.withDigit) break
    }
    const end = endOfKey(text, start)
    return { end, kind: 'api-key', next: end }
  }

  #isWithinWord(text: string, at: number): boolean {
    const before = this.#charBefore(text, at)
    const second = this.#charBefore(text, at - 1)
    if (this.#signed && (before === minus || before === plus)) return true
    return isWord(before) || (isHyphen(before) && isWord(second)) || ((before === dot || isDash(before)) && isDigit(second))
  }

  #charBefore(text: string, at: number): number {
    return at > 0 ? text.charCodeAt(at - 1) : at === 0 ? this.#last : this.#lastButOne
  }

  #pass(text: string, length: number): void {
    if (length === 0) return
    this.#lastButOne = length > 1 ? text.charCodeAt(length - 2) : this.#last
    this.#last = text.charCodeAt(length - 1)
  }
}

function endOfWord(text: string, from: number): number {
  let at = from
  while (isWord(text.charCodeAt(at))) at++
  return at
}

function endOfKey(text: string, from: number): number {
  let at = from
  while (isWord(text.charCodeAt(at)) || isHyphenAscii(text.charCodeAt(at))) at++
  return at
}

const blank = 0x20
const zero = 0x30
const dot = 0x2e
const plus = 0x2b
const minus = 0x2d
const underscore = 0x5f
const letterK = 0x6b
const letterS = 0x73

function isDigit(char: number): boolean {
  return char >= zero && char <= 0x39
}

// ASCII only: in languages that write without blanks a number stands right beside letters.
function isWord(char: number): boolean {
  return isDigit(char) || (char >= 0x41 && char <= 0x5a) || (char >= 0x61 && char <= 0x7a)
}

function isHyphenAscii(char: number): boolean {
  return char === minus || char === underscore
}

/** Joins words to longer ones. */
function isHyphen(char: number): boolean {
  return isHyphenAscii(char) || char === 0x2010 || char === 0x2011
}

/** May stand between the digits of one number. Models like to write U+2011, which does not break at the end of a line. */
function isDash(char: number): boolean {
  return char === minus || (char >= 0x2010 && (char <= 0x2013 || char === 0x2212))
}

/** May stand between the groups of a card number: blanks, and those that do not break. */
function isBlank(char: number): boolean {
  return char === blank || char === 0xa0 || char === 0x202f || char === 0x2007 || char === 0x2009
}

function mayJoin(char: number): boolean {
  return char === dot || isHyphen(char) || isDash(char) || isBlank(char)
}
