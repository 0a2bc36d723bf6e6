import { fieldsOf } from './failure.ts'
import { read } from './payload.ts'

/** Takes a text in pieces and gives back what may be shown of it; `last` when nothing follows. */
export type Redactor = (text: string, last: boolean) => string

/** A card number, a social security number, an API key. */
const SECRET = /(?<![\w-])(?:\d(?:[ -]?\d){12,18}|\d{3}-\d{2}-\d{4}|sk-[\w-]{16,})(?!\w)/g
/** The end of a text that could be the begin of one. */
const BEGUN = /(?<![\w-])(?:\d[\d -]*|sk?|sk-[\w-]*)$/g

const MARK = '[redacted]'

export const redactText = (text: string): string => text.replace(SECRET, MARK)

/** A redactor that holds back what could still become a secret, and nothing else. */
export function holdingRedactor(): Redactor {
  let held = ''
  // What stands in front decides whether a number is one of its own.
  let before = ''
  return (text, last) => {
    const all = before + held + text
    BEGUN.lastIndex = before.length
    const from = last ? all.length : (BEGUN.exec(all)?.index ?? all.length)
    const shown = all.slice(0, from).replace(SECRET, (secret, at: number) => (at < before.length ? secret : MARK)).slice(before.length)
    held = all.slice(from)
    before = all.slice(0, from).slice(-1)
    return shown
  }
}

const choicesOf = (json: Record<string, unknown>): Record<string, unknown>[] => (Array.isArray(json['choices']) ? json['choices'].map(fieldsOf) : [])

/** A whole answer without its secrets; one that has none keeps its bytes. */
export function redactAnswer(text: string, open: () => Redactor): string {
  const json = read(text)
  let changed = false
  const choices = choicesOf(json).map((choice) => {
    const message = fieldsOf(choice['message'])
    if (typeof message['content'] !== 'string') return choice
    const content = open()(message['content'], true)
    changed ||= content !== message['content']
    return { ...choice, message: { ...message, content } }
  })
  return changed ? JSON.stringify({ ...json, choices }) : text
}

/** Takes the chunks of one stream and gives back those to relay in their place; a chunk with nothing to hide keeps its bytes. */
export function chunkRedactor(open: () => Redactor): (data: string, json: Record<string, unknown>) => string[] {
  const redactors = new Map<unknown, Redactor>()
  return (data, json) => {
    const before: string[] = []
    let changed = false
    const choices = choicesOf(json).map((choice) => {
      const { index, delta, finish_reason: reason } = choice
      const redactor = redactors.get(index) ?? open()
      redactors.set(index, redactor)
      const { content } = fieldsOf(delta)
      const given = typeof content === 'string' ? content : ''
      const shown = redactor(given, Boolean(reason))
      if (shown === given) return choice
      changed = true
      if (typeof content === 'string') return { ...choice, delta: { ...fieldsOf(delta), content: shown } }
      // What was held comes out with the end, in a chunk of its own: the last one has no content.
      before.push(JSON.stringify({ ...json, choices: [{ ...choice, delta: { content: shown }, finish_reason: null }] }))
      return choice
    })
    return changed ? [...before, JSON.stringify({ ...json, choices })] : [data]
  }
}
