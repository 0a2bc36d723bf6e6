/** The parts of SSE parsing a control may break. */
export interface SseRules {
  /** Makes the decoder of one stream. */
  decoder(): (bytes: Buffer) => string
  lineEnd: RegExp
  /** The value of a `data` line, null for any other line. */
  dataLine(line: string): string | null
  joinData(lines: string[]): string
}

export type SseItem = { kind: 'event'; event: string; data: string } | { kind: 'comment'; text: string }

/** WHATWG event stream rules: mixed line ends, comments, one BOM at the start, data lines joined, a half event never dispatched. */
export const standardSse: SseRules = {
  decoder: () => {
    const decoder = new TextDecoder()
    return (bytes) => decoder.decode(bytes, { stream: true })
  },
  lineEnd: /\r\n|\n|\r/,
  dataLine: (line) => fieldValue(line, 'data'),
  joinData: (lines) => lines.join('\n'),
}

const fieldValue = (line: string, name: string): string | null => {
  if (line === name) return ''
  if (!line.startsWith(`${name}:`)) return null
  const value = line.slice(name.length + 1)
  return value.startsWith(' ') ? value.slice(1) : value
}

/** An incremental parser: bytes in, whole events and comments out, at the byte that completes them. */
export class SseParser {
  readonly #rules: SseRules
  readonly #decode: (bytes: Buffer) => string
  #rest = ''
  #afterCr = false
  #data: string[] = []
  #event = ''

  constructor(rules: SseRules) {
    this.#rules = rules
    this.#decode = rules.decoder()
  }

  push(bytes: Buffer): SseItem[] {
    let text = this.#decode(bytes)
    if (text === '') return []
    // A CR at the end of a read ended its line at once; the LF that may follow belongs to it and is no blank line.
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1)
    this.#afterCr = false
    this.#rest += text
    const items: SseItem[] = []
    for (let end = this.#rules.lineEnd.exec(this.#rest); end !== null; end = this.#rules.lineEnd.exec(this.#rest)) {
      const line = this.#rest.slice(0, end.index)
      this.#rest = this.#rest.slice(end.index + end[0].length)
      this.#afterCr = end[0] === '\r' && this.#rest === ''
      const item = this.#line(line)
      if (item !== null) items.push(item)
    }
    return items
  }

  #line(line: string): SseItem | null {
    if (line === '') {
      const item: SseItem = { kind: 'event', event: this.#event, data: this.#rules.joinData(this.#data) }
      const dispatched = this.#data.length > 0
      this.#data = []
      this.#event = ''
      return dispatched ? item : null
    }
    if (line.startsWith(':')) return { kind: 'comment', text: line.slice(1).trim() }
    const data = this.#rules.dataLine(line)
    if (data !== null) this.#data.push(data)
    else this.#event = fieldValue(line, 'event') ?? this.#event
    return null
  }
}
