import { isUtf8 } from 'node:buffer'
import { GatewayError } from '../errors.ts'

/** A request body, parsed once for the checks and kept as sent for the upstream. */
export interface JsonBody {
  readonly raw: string
  readonly json: unknown
}

/** Parses a request body; anything that is not JSON in UTF-8 is a 400. */
export function parseJsonBody(bytes: Buffer): JsonBody {
  // `toString` would put U+FFFD in place of broken bytes, and the upstream would answer a prompt nobody sent.
  if (!isUtf8(bytes)) throw new GatewayError('GW_ERR_MALFORMED_JSON')
  const raw = bytes.toString('utf8')
  try {
    return { raw, json: JSON.parse(raw) as unknown }
  } catch (cause) {
    throw new GatewayError('GW_ERR_MALFORMED_JSON', { cause })
  }
}

/**
 * Replaces the value of the top-level `model` key in the text of a JSON object and leaves every other byte alone.
 * Parsing and serialising again would round large integers (`seed`) and rewrite numbers such as `1.0`.
 * A duplicated key is replaced each time: parsers differ in which one they believe.
 */
export function replaceModel(raw: string, model: string): string {
  const value = JSON.stringify(model)
  let out = ''
  let copied = 0
  let at = raw.indexOf('{') + 1
  for (;;) {
    at = skipSpace(raw, at)
    if (raw[at] === ',') at = skipSpace(raw, at + 1)
    if (raw[at] !== '"') return out + raw.slice(copied)
    const keyEnd = endOfString(raw, at)
    const key = raw.slice(at, keyEnd)
    // A key may be spelled with escapes, which is rare enough to be parsed.
    const isModel = key.includes('\\') ? JSON.parse(key) === 'model' : key === '"model"'
    const start = skipSpace(raw, skipSpace(raw, keyEnd) + 1)
    at = endOfValue(raw, start)
    if (isModel) {
      out += raw.slice(copied, start) + value
      copied = start + raw.slice(start, at).trimEnd().length
    }
  }
}

/** Where the next JSON token begins. */
export function skipSpace(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return at
}

/** Where the JSON string that opens at `start` is over. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at)
    if (at === -1) return text.length
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at + 1
  }
}

/** Where the JSON value that begins at `start` is over; white space behind it counts as part of it. */
export function endOfValue(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === '"') at = endOfString(text, at) - 1
    else if (char === '{' || char === '[') depth++
    else if (char === '}' || char === ']') {
      if (depth === 0) return at
      depth--
    } else if (char === ',' && depth === 0) return at
  }
  return text.length
}
