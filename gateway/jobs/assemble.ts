import { isObject } from '../check/upstream-error.ts'

type Json = Readonly<Record<string, unknown>>

interface Choice {
  readonly message: Record<string, unknown>
  readonly calls: Map<number, Record<string, unknown>>
  logprobs: Record<string, unknown> | null
  finish: unknown
  /** Whatever else an upstream says of a choice. */
  readonly rest: Record<string, unknown>
}

/** The completion that a stream of chunks amounts to, in the form of an answer that was not streamed. */
export class Assembly {
  #head: Record<string, unknown> = {}
  #usage: unknown
  readonly #choices = new Map<number, Choice>()

  add(chunk: Json): void {
    const { choices, usage, object: _object, obfuscation: _padding, ...head } = chunk
    this.#head = { ...head, ...this.#head }
    if (isObject(usage)) this.#usage = usage
    for (const choice of objectsIn(choices)) this.#addChoice(choice)
  }

  completion(): Record<string, unknown> {
    const choices = [...this.#choices].toSorted(([a], [b]) => a - b).map(([index, { message, calls, logprobs, finish, rest }]) => ({
      index,
      message: { role: 'assistant', content: null, refusal: null, ...message, ...(calls.size === 0 ? {} : { tool_calls: [...calls].toSorted(([a], [b]) => a - b).map(([, call]) => call) }) },
      logprobs,
      finish_reason: finish,
      ...rest,
    }))
    return { ...this.#head, object: 'chat.completion', choices, ...(this.#usage === undefined ? {} : { usage: this.#usage }) }
  }

  #addChoice({ index, delta, logprobs, finish_reason: finish, ...rest }: Json): void {
    const at = indexOf(index)
    const choice = this.#choices.get(at) ?? { message: {}, calls: new Map(), logprobs: null, finish: null, rest: {} }
    this.#choices.set(at, choice)
    if (finish !== undefined && finish !== null) choice.finish = finish
    Object.assign(choice.rest, rest)
    if (isObject(logprobs)) extend((choice.logprobs ??= {}), logprobs)
    if (!isObject(delta)) return
    const { tool_calls: calls, ...said } = delta
    extend(choice.message, said)
    for (const { index: nth, ...call } of objectsIn(calls)) {
      const known = choice.calls.get(indexOf(nth)) ?? {}
      choice.calls.set(indexOf(nth), known)
      extend(known, call)
    }
  }
}

/** Members that name a thing and are not spelled out piece by piece: some upstreams say them again with every piece. */
const names = new Set(['role', 'id', 'type', 'name'])

/** Texts go on where they left off, objects are extended in turn, everything else is replaced. */
function extend(known: Record<string, unknown>, piece: Json): void {
  for (const [name, value] of Object.entries(piece)) {
    // What an upstream sends must not become the prototype of anything.
    if (name === '__proto__') continue
    const before = known[name]
    if (value === null || value === undefined) known[name] ??= value
    else if (isObject(value)) {
      const inner = isObject(before) ? before : {}
      known[name] = inner
      extend(inner, value)
    } else if (typeof value === 'string' && typeof before === 'string') known[name] = names.has(name) ? value || before : before + value
    else if (Array.isArray(value) && Array.isArray(before)) known[name] = [...(before as unknown[]), ...(value as unknown[])]
    else known[name] = value
  }
}

function objectsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

function indexOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
