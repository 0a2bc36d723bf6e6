const KEPT = new Set(['\t', '\n', '\u200C', '\u200D'])
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu

const escaped = (char: string): string => {
  if (KEPT.has(char)) return char
  const code = (char.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
}

/**
 * Evidence as it may be shown anywhere. It comes from a wire and is hostile: a control character would move a cursor or
 * break XML, a bidi override would reorder what a reader sees. Each is written as source code would write it; tab and
 * newline stay.
 */
export const visible = (text: string): string => text.toWellFormed().replace(UNSAFE, escaped)

/** The same on one line: a newline becomes a mark, so one row stays one row. */
export const oneLine = (text: string): string => 
  visible(text.replace(/\r\n?/g, '\n'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ⏎ ')
    .replaceAll('\t', ' ')

/** At most `max` characters; says how many it left out, for a clipped value must not look whole. */
export const clip = (text: string, max: number): string => {
  if (text.length <= max) return text
  const kept = text.slice(0, max).toWellFormed()
  return `${kept}… (${String(text.length - max)} more characters)`
}
