import { visible } from '../lib/visible.ts'

/** Text that is already HTML. Only `html` makes it, so nothing from a wire can. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | readonly Part[]

const ENTITY: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escape = (text: string): string => visible(text).replace(/[&<>"']/g, (char) => ENTITY[char] ?? char)

const put = (part: Part): string => {
  if (part instanceof Html) return part.text
  return typeof part === 'object' ? part.map(put).join('') : escape(String(part))
}

/**
 * A template whose every value is escaped unless it is Html itself: forgetting to escape is not possible. Values may stand
 * in text and in double-quoted attributes.
 *
 * @example html`<td title="${title}">${[cell(a), cell(b)]}</td>`
 */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  new Html(strings.reduce((out, string, i) => out + put(parts[i - 1] ?? '') + string))

/** Our own constant markup, such as the style sheet. Never for a value that came from anywhere else. */
export const trusted = (text: string): Html => new Html(text)

export const nothing = new Html('')

/** JSON text that cannot end the script element it stands in, nor hide in it: such characters become escapes that JSON reads back. */
export const embeddedJson = (json: string): Html => new Html(json.replace(/[<\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`))
