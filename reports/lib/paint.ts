import { styleText } from 'node:util'
import type { Outcome } from '../../schemas/verdict.ts'

export type Style = Outcome | 'dim' | 'bold' | 'plain'

/** Colours a text or leaves it alone. Layout is computed on plain text, so colour never changes a width. */
export type Paint = (style: Style, text: string) => string

const FORMATS: Record<Style, Parameters<typeof styleText>[0]> = {
  pass: 'green', warn: 'yellow', fail: ['red', 'bold'], unknown: 'magenta', skipped: 'dim', not_supported: 'dim', dim: 'dim', bold: 'bold', plain: 'none',
}

export const noPaint: Paint = (_style, text) => text

/** Colour as this stream takes it: a terminal, NO_COLOR and FORCE_COLOR decide, asked anew for each text. */
export const paintFor = (stream: NodeJS.WritableStream): Paint => (style, text) => styleText(FORMATS[style], text, { stream })
