/** One dispatched Server-Sent Event. `at` is the index of the pushed chunk that completed it. */
export interface SseEvent {
  type: string
  data: string
  at: number
}

/** What a stream contained besides its events; each is legal or not by WHATWG HTML 9.2.5–9.2.6. */
export interface SseRest {
  comments: number
  /** Field names that no specification knows, and lines without a colon that are not a field name. */
  unknownFields: string[]
  /** Bytes after the last blank line: an event that was begun and never dispatched. */
  pending: string
  /** True when the bytes were not valid UTF-8 (the specification decodes them to U+FFFD). */
  malformedUtf8: boolean
}

/**
 * Server-Sent Events decoder by WHATWG HTML 9.2: CRLF, LF and CR line ends in any mix and split anywhere, one leading
 * byte order mark, comments, multi-line data. Own code because the checker must know what it dropped, which the
 * libraries do not say, and must not share a bug with the gateways it judges.
 */
export class SseDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true })
  readonly #strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #started = false
  #line = ''
  #afterCr = false
  #data: string[] = []
  #type = ''
  #touched = false
  #chunk = -1
  #rest: SseRest = { comments: 0, unknownFields: [], pending: '', malformedUtf8: false }

  /** Feeds the next bytes and returns the events they complete. */
  push(bytes: Uint8Array): SseEvent[] {
    this.#chunk++
    try {
      this.#strict.decode(bytes, { stream: true })
    } catch {
      this.#rest.malformedUtf8 = true
    }
    return this.#text(this.#utf8.decode(bytes, { stream: true }))
  }

  /** Ends the stream: an event that no blank line closed is not dispatched, only reported. */
  end(): SseRest {
    try {
      if (!this.#rest.malformedUtf8) this.#strict.decode()
    } catch {
      this.#rest.malformedUtf8 = true
    }
    this.#text(this.#utf8.decode())
    this.#rest.pending = [...(this.#touched ? [`${this.#data.length} data line(s)`] : []), ...(this.#line ? [this.#line] : [])].join(', ')
    return this.#rest
  }

  #text(input: string): SseEvent[] {
    const out: SseEvent[] = []
    let text = input
    if (!this.#started && text.length > 0) {
      this.#started = true
      if (text.startsWith('\uFEFF')) text = text.slice(1)
    }
    for (const char of text) {
      // A CR ends a line by itself; the LF of a CRLF pair, which may come in the next chunk, must not end another.
      if (char === '\n' && this.#afterCr) {
        this.#afterCr = false
        continue
      }
      this.#afterCr = char === '\r'
      if (char !== '\n' && char !== '\r') {
        this.#line += char
        continue
      }
      const event = this.#endLine(this.#line)
      this.#line = ''
      if (event) out.push(event)
    }
    return out
  }

  #endLine(line: string): SseEvent | undefined {
    if (line === '') return this.#dispatch()
    if (line.startsWith(':')) {
      this.#rest.comments++
      return undefined
    }
    const colon = line.indexOf(':')
    const field = colon === -1 ? line : line.slice(0, colon)
    const raw = colon === -1 ? '' : line.slice(colon + 1)
    const value = raw.startsWith(' ') ? raw.slice(1) : raw
    if (field === 'data') {
      this.#data.push(value)
      this.#touched = true
    } else if (field === 'event') this.#type = value
    else if (field !== 'id' && field !== 'retry') this.#rest.unknownFields.push(field)
    return undefined
  }

  #dispatch(): SseEvent | undefined {
    const event = this.#touched ? { type: this.#type || 'message', data: this.#data.join('\n'), at: this.#chunk } : undefined
    this.#data = []
    this.#type = ''
    this.#touched = false
    return event
  }
}

/** Decodes a whole stream given in chunks. */
export const decodeSse = (chunks: readonly Uint8Array[]): { events: SseEvent[]; rest: SseRest } => {
  const decoder = new SseDecoder()
  const events = chunks.flatMap((chunk) => decoder.push(chunk))
  return { events, rest: decoder.end() }
}
