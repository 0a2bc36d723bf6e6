const KEPT = new Set(['\t', '\n', '\u200C', '\u200D'])
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}]/gu

const picture = (char: string): string => {
  if (KEPT.has(char)) return char
  const code = char.codePointAt(0) ?? 0
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`
}

/**
 * Evidence as it may be shown anywhere. It comes from a wire and is hostile: a control character would move a cursor or
 * break XML, a bidi override would reorder what a reader sees. Each becomes a picture of itself; tab and newline stay.
 */
export const visible = (text: string): string => text.toWellFormed().replace(UNSAFE, picture)

/** The same on one line: a newline becomes a mark, so one row stays one row. */
export const oneLine = (text: string): string => visible(text.replace(/\r\n?/g, '\n')).replace(/\s*\n\s*/g, ' ⏎ ').replace(/\t/g, ' ').trim()

/** At most `max` characters; says how many it left out, for a clipped value must not look whole. */
export const clip = (text: string, max: number): string => {
  if (text.length <= max) return text
  const kept = text.slice(0, max).toWellFormed()
  return `${kept}… (${String(text.length - max)} more characters)`
}
