import { badAnswer } from './json-answer.ts'
import { JsonRedactor } from './json-redactor.ts'
import { LengthLimit } from './length-limit.ts'
import { redact, replaced } from './redact.ts'
import { Redactor } from './redactor.ts'
import type { RedactorOptions } from './redactor.ts'
import { isObject } from './upstream-error.ts'

type Json = Readonly<Record<string, unknown>>

/** One text that comes in deltas, and how more of it is written as one. */
interface Channel {
  readonly redactor: Pick<Redactor, 'push' | 'end'>
  readonly deltaOf: (text: string) => Json
}

/** Of one choice; each keeps its state until the stream ends. */
const maxChannels = 1_000

/** Fields of a delta whose strings callers put together. */
const texts = new Set(['content', 'refusal', 'reasoning_content', 'reasoning'])
/** Those of them that are the answer proper, and count for its length. */
export const limited = new Set(['content', 'refusal'])

/** What one choice of a stream has shown so far, and what of it is held back. */
export class CheckedChoice {
  readonly #options: RedactorOptions
  readonly #limit: LengthLimit
  readonly #channels = new Map<string, Channel>()
  #finished = false

  constructor(options: RedactorOptions, maxChars: number | undefined) {
    this.#options = options
    this.#limit = new LengthLimit(maxChars)
  }

  /** The upstream has said all there is. */
  get finished(): boolean {
    return this.#finished
  }

  /** The caller was told that the answer ends here, whatever the upstream says. */
  get isCut(): boolean {
    return this.#limit.isCut
  }

  /** The choice as the caller may see it: the very same one when there is nothing to change, undefined once it was cut. `before` is told of deltas that have to go out first. */
  take(choice: Json, before: (delta: Json) => void): Json | undefined {
    const { delta, finish_reason: reason } = choice
    const finishes = typeof reason === 'string' && reason !== ''
    if (finishes) this.#finished = true
    if (this.isCut) return undefined
    const shown = isObject(delta) ? this.#delta(delta, finishes) : delta
    if (finishes || this.isCut) this.flush().forEach(before)
    if (shown === delta && !this.isCut) return choice
    // The logprobs of a chunk spell its text.
    const logprobs = choice['logprobs'] === undefined ? {} : { logprobs: null }
    return { ...choice, delta: shown, ...logprobs, ...(this.isCut ? { finish_reason: 'length' } : {}) }
  }

  /** What is still held back, as deltas. */
  flush(): Json[] {
    const deltas: Json[] = []
    for (const [name, { redactor, deltaOf }] of this.#channels) {
      const rest = this.#fitting(name, redactor.end())
      if (rest !== '') deltas.push(deltaOf(rest))
    }
    return deltas
  }

  // Runs for each chunk of every stream: the usual one, a word under `content`, makes no object.
  #delta(delta: Json, last: boolean): Json {
    let shown: Record<string, unknown> | undefined
    for (const key in delta) {
      const value = delta[key]
      const clean = value === null ? value : this.#shown(value, key, last)
      if (clean !== value) (shown ??= { ...delta })[key] = clean
    }
    return shown ?? delta
  }

  #shown(value: unknown, key: string, last: boolean): unknown {
    if (typeof value === 'string' && texts.has(key)) return this.#fitting(key, this.#push(key, value, last))
    if (key === 'function_call' && isObject(value)) return replaced(value, (item, name) => (name === 'arguments' && typeof item === 'string' ? this.#push(key, item, last) : item))
    if (key === 'tool_calls' && Array.isArray(value)) {
      const calls = value.map((call: unknown, nth) => (isObject(call) ? this.#call(call, nth, last) : call))
      return calls.every((call, nth) => call === value[nth]) ? value : calls
    }
    return redact(value, this.#options, key)
  }

  #call(call: Json, nth: number, last: boolean): Json {
    const index = typeof call['index'] === 'number' ? call['index'] : nth
    return replaced(call, (part, kind) => {
      if (!isObject(part)) return part
      return replaced(part, (item, name) => (typeof item === 'string' && (name === 'arguments' || name === 'input') ? this.#push(`${index}.${kind}.${name}`, item, last) : item))
    })
  }

  #push(name: string, text: string, last: boolean): string {
    let channel = this.#channels.get(name)
    if (channel === undefined) {
      if (this.#channels.size === maxChannels) throw badAnswer('The upstream answers with too many tool calls.')
      this.#channels.set(name, channel = openChannel(name, this.#options))
    }
    const { redactor } = channel
    const shown = redactor.push(text)
    return last ? shown + redactor.end() : shown
  }

  #fitting(name: string, text: string): string {
    return limited.has(name) ? this.#limit.take(text) : text
  }
}

function openChannel(name: string, options: RedactorOptions): Channel {
  if (texts.has(name)) return { redactor: new Redactor(options), deltaOf: (text) => ({ [name]: text }) }
  if (name === 'function_call') return { redactor: new JsonRedactor(options), deltaOf: (text) => ({ function_call: { arguments: text } }) }
  const [index = '0', kind = 'function', field = 'arguments'] = name.split('.')
  return { redactor: field === 'arguments' ? new JsonRedactor(options) : new Redactor(options), deltaOf: (text) => ({ tool_calls: [{ index: Number(index), [kind]: { [field]: text } }] }) }
}
