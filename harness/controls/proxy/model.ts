/** Replaces the top-level `model` of a valid JSON object in its text and leaves every other byte as the caller wrote it. */
export function withModel(text: string, model: string): string {
  // A pattern for whole strings would overflow the stack on long prompts: strings are skipped by hand.
  const token = /["{}[\],]|[^\s"{}[\],:]+/g
  let depth = 0
  let key: unknown = null
  let expectsKey = false
  let result = ''
  let copied = 0
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    const mark = match[0]
    if (mark === '"') token.lastIndex = closingQuote(text, match.index) + 1
    if (mark === '{' || mark === '[') {
      depth += 1
      expectsKey = depth === 1
    } else if (mark === '}' || mark === ']') depth -= 1
    else if (mark === ',') expectsKey = depth === 1
    else if (depth === 1 && expectsKey) {
      const quoted = text.slice(match.index, token.lastIndex)
      key = quoted.includes('\\') ? JSON.parse(quoted) : quoted.slice(1, -1)
      expectsKey = false
    } else if (depth === 1 && key === 'model') {
      result += text.slice(copied, match.index) + JSON.stringify(model)
      copied = token.lastIndex
    }
  }
  return result + text.slice(copied)
}

function closingQuote(text: string, opening: number): number {
  for (let at = text.indexOf('"', opening + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text[at - 1 - slashes] === '\\') slashes += 1
    if (slashes % 2 === 0) return at
  }
  return text.length
}
