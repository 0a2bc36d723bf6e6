import { endOfString, skipSpace } from '../validate/json-body.ts'

/** Deeper than any request means it; a scan by recursion must end before the stack does. */
const maxDepth = 200

/** A member of a JSON object: the key as a JSON string, the value as canonical text. */
export type Member = readonly [key: string, value: string]

/**
 * The members of a JSON object that was parsed before, sorted by key, each value in one canonical spelling: no blanks, keys sorted,
 * numbers as exact decimals, strings as `JSON.stringify` writes them. Undefined when the text is no object or too deep.
 *
 * It reads the text, not what `JSON.parse` made of it: there `9007199254740993` is already 9007199254740992, of two equal keys only the last is
 * left, and requests that an upstream tells apart would get one another's answers.
 */
export function canonicalMembers(json: string): Member[] | undefined {
  const at = skipSpace(json, 0)
  if (json[at] !== '{') return undefined
  const scan = new Scan(json, at)
  try {
    return scan.members()
  } catch (error) {
    if (error === tooDeep) return undefined
    throw error
  }
}

/** The canonical text of an object with these members. */
export function canonicalText(members: readonly Member[]): string {
  let text = ''
  for (const [key, value] of members) text += `${text === '' ? '' : ','}${key}:${value}`
  return `{${text}}`
}

/** What has one spelling only, which is nearly all. */
const settled = /^(?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,9})\.\d{0,14}[1-9]|true|false|null)$/

const tooDeep = new Error('too deep')

/** By key. Stable: a key that is there twice keeps its order, because parsers differ in which one they believe. */
function sorted(members: Member[]): Member[] {
  // Of few members by insertion: what `sort` sets up for them costs more than reading the whole text.
  if (members.length > 32) return members.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  for (let from = 1; from < members.length; from++) {
    const member = members[from] as Member
    let at = from
    for (; at > 0 && (members[at - 1] as Member)[0] > member[0]; at--) members[at] = members[at - 1] as Member
    members[at] = member
  }
  return members
}

class Scan {
  readonly #text: string
  #at: number
  #depth = 0

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  members(): Member[] {
    const members: Member[] = []
    for (this.#open(); this.#goesOn('}'); this.#next()) {
      const key = this.#string()
      this.#at = skipSpace(this.#text, this.#at) + 1
      members.push([key, this.#value()])
    }
    return sorted(members)
  }

  #value(): string {
    this.#at = skipSpace(this.#text, this.#at)
    const first = this.#text[this.#at]
    if (first === '"') return this.#string()
    if (first === '{') return canonicalText(this.members())
    if (first !== '[') return this.#scalar()
    let items = ''
    for (this.#open(); this.#goesOn(']'); this.#next()) items += items === '' ? this.#value() : `,${this.#value()}`
    return `[${items}]`
  }

  /** Steps over the opening bracket. */
  #open(): void {
    if (++this.#depth > maxDepth) throw tooDeep
    this.#at = skipSpace(this.#text, this.#at + 1)
  }

  /** Steps over the comma behind an item. */
  #next(): void {
    this.#at = skipSpace(this.#text, this.#at)
    if (this.#text[this.#at] === ',') this.#at = skipSpace(this.#text, this.#at + 1)
  }

  /** Whether another item follows; steps over the closing bracket otherwise. */
  #goesOn(close: string): boolean {
    if (this.#text[this.#at] !== close) return true
    this.#at++
    this.#depth--
    return false
  }

  #string(): string {
    const end = endOfString(this.#text, this.#at)
    const literal = this.#text.slice(this.#at, end)
    this.#at = end
    // The other escapes have no second spelling, and most prompts are full of `\n`.
    return literal.includes('\\u') || literal.includes('\\/') ? JSON.stringify(JSON.parse(literal)) : literal
  }

  #scalar(): string {
    const start = this.#at
    let end = start
    // Letters, digits, signs and the dot: what ends a scalar (a blank, a comma, a bracket) is none of these.
    for (let code = this.#text.charCodeAt(end); code > 0x2a && code !== 0x2c && code !== 0x5d && code !== 0x7d; code = this.#text.charCodeAt(end)) end++
    const literal = this.#text.slice(start, end)
    this.#at = end
    // Cannot happen in text that was parsed; without it such text would be a loop without end.
    if (literal === '') throw new SyntaxError('not JSON')
    return settled.test(literal) ? literal : decimal(literal)
  }
}

/** One spelling for each number, exact: `1`, `1.0`, `10e-1` are `1`; `0.5`, `0.50`, `5E-1` are `0.5`. */
function decimal(literal: string): string {
  const [, sign = '', whole = '', fraction = '', power = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(literal) ?? []
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  if (digits === '') return '0'
  // By hand: `/0+$/` looks at a run of zeros anew from each zero in it, and a number may be as long as a body.
  let length = digits.length
  while (digits[length - 1] === '0') length--
  const significant = digits.slice(0, length)
  const exponent = Number(power) - fraction.length + digits.length - significant.length
  // Written out where it is short. A power of a billion must not become a billion zeros, nor lose its last digits.
  if (!Number.isSafeInteger(exponent)) return literal
  if (exponent >= 0 && exponent + length <= 30) return `${sign}${significant}${'0'.repeat(exponent)}`
  const wholes = length + exponent
  // What {@link settled} takes for settled must be spelled like that here as well.
  if (exponent < 0 && exponent >= -15 && wholes <= 10) return wholes > 0 ? `${sign}${significant.slice(0, wholes)}.${significant.slice(wholes)}` : `${sign}0.${'0'.repeat(-wholes)}${significant}`
  return `${sign}${significant}e${exponent}`
}
