import type { Paint, Style } from '../lib/paint.ts'
import { oneLine } from '../lib/visible.ts'
import { displayWidth, fit, wrap } from '../lib/width.ts'

/** A piece of a line in one style. */
export type Span = readonly [text: string, style?: Style]
/** One line of a terminal, laid out before it is coloured. */
export type Line = readonly Span[]

// Leading and trailing blanks are layout; what is between may be evidence.
const harmless = (text: string): string => text.replace(/\S[\s\S]*\S|\S/, (inner) => oneLine(inner))

export const span = (text: string, style: Style = 'plain'): Span => [harmless(text), style]

export const lineWidth = (line: Line): number => line.reduce((sum, [text]) => sum + displayWidth(text), 0)

/** The line as text of at most `width` columns. */
export const paintLine = (line: Line, width: number, paint: Paint): string => {
  let left = width
  let out = ''
  for (const [text, style = 'plain'] of line) {
    const shown = fit(text, left)
    left -= displayWidth(shown)
    if (shown !== '') out += style === 'plain' ? shown : paint(style, shown)
    if (shown !== text) break
  }
  return out.trimEnd()
}

/** Pieces joined by ` · `, broken into lines only between pieces; at most `max` lines, the last one says what is left out. */
export const flow = (pieces: readonly Span[], width: number, max: number): Line[] => {
  const lines: Span[][] = []
  const short = pieces.flatMap(([text, style]) => wrap(text, width).map((part) => span(part, style)))
  for (const [index, piece] of short.entries()) {
    const line = lines.at(-1)
    if (line !== undefined && lineWidth(line) + 3 + displayWidth(piece[0]) <= width) line.push([' · ', 'dim'], piece)
    else if (lines.length < max) lines.push([piece])
    else {
      line?.push([` · +${String(short.length - index)} more`, 'dim'])
      break
    }
  }
  return lines
}
