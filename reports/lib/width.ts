const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
const WIDE = /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]/u
const NARROW = /^[ -~]*$/

const split = (text: string): string[] => Array.from(graphemes.segment(text), (part) => part.segment)
const cells = (grapheme: string): number => (WIDE.test(grapheme) ? 2 : 1)

/** Columns a text takes in a terminal or a monospaced font. */
export const displayWidth = (text: string): number =>
  NARROW.test(text) ? text.length : split(text).reduce((sum, grapheme) => sum + cells(grapheme), 0)

/** The text in at most `width` columns, with an ellipsis where it was cut. */
export const fit = (text: string, width: number): string => {
  if (width < 1) return ''
  // Counting graphemes is slow, and evidence may be megabytes: far more than could be shown is not looked at.
  if (Number.isFinite(width) && text.length > width * 20 + 100) return fit(`${text.slice(0, width * 16).toWellFormed()}…`, width)
  if (displayWidth(text) <= width) return text
  let used = 0
  let kept = ''
  for (const grapheme of split(text)) {
    if (used + cells(grapheme) > width - 1) break
    used += cells(grapheme)
    kept += grapheme
  }
  return `${kept.trimEnd()}…`
}

const hardBreak = (word: string, width: number): string[] => {
  const pieces: string[] = []
  let piece = ''
  for (const grapheme of split(word)) {
    if (displayWidth(piece) + cells(grapheme) > width) {
      pieces.push(piece)
      piece = ''
    }
    piece += grapheme
  }
  return piece === '' ? pieces : [...pieces, piece]
}

/** Lines of at most `width` columns, broken between words, inside a word only when it is longer than a line. */
export const wrap = (text: string, width: number): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap((w) => hardBreak(w, Math.max(1, width)))) {
    if (line === '') line = word
    else if (displayWidth(line) + 1 + displayWidth(word) <= width) line += ` ${word}`
    else {
      lines.push(line)
      line = word
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** `wrap`, and no more than `max` lines: the last one ends in an ellipsis when something is left out. */
export const wrapAtMost = (text: string, width: number, max: number): string[] => {
  const lines = wrap(text.slice(0, width * max * 16 + 100).toWellFormed(), width)
  if (lines.length <= max) return lines
  return [...lines.slice(0, max - 1), fit(lines.slice(max - 1).join(' '), width)]
}
