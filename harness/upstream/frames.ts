import type { StreamScript, Variance } from './script.ts'

const LF = '\n'

/** One SSE event with `data`, in the spelling that a variance asks for. All spellings mean the same by WHATWG HTML 9.2. */
export const frame = (data: string, variance: Variance | undefined, first: boolean): string => {
  switch (variance) {
    case 'crlf':
      return `data: ${data}\r\n\r\n`
    case 'cr':
      return `data: ${data}\r\r`
    case 'comments':
      return `: keep-alive\n\n: OPENROUTER PROCESSING\ndata: ${data}\n\n`
    case 'bom':
      return `${first ? '\uFEFF' : ''}data: ${data}\n\n`
    case 'multiline':
      // JSON may be broken between tokens; the lines are joined by a line feed, which JSON reads as white space.
      return data.startsWith('{') ? `data: {\ndata: ${data.slice(1)}\n\n` : `data: ${data}\n\n`
    case 'nospace':
      return `data:${data}\n\n`
    case 'unknown-fields':
      return `retry: 3000\nx-note: 1\ndata: ${data}\n\n`
    case undefined:
      return `data: ${data}${LF}${LF}`
  }
}

/** Cuts a frame into the writes a script asks for; `inside-characters` leaves no character of several bytes whole. */
export const writesOf = (bytes: Buffer, split: StreamScript['split']): Buffer[] => {
  if (split === undefined) return [bytes]
  const cuts = [...bytes.entries()].filter(([, byte]) => byte >= 0xc2).map(([at]) => at + 1)
  return [0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i] ?? bytes.length))
}
