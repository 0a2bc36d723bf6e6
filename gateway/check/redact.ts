import { badAnswer } from './json-answer.ts'
import { JsonRedactor } from './json-redactor.ts'
import { isSuspicious, Redactor } from './redactor.ts'
import type { RedactorOptions } from './redactor.ts'

const maxDepth = 64
/** Names that others refer to, and encoded media. */
const kept = new Set(['id', 'tool_call_id', 'data'])

/** A value with the secrets in its strings taken out; the very same value when there are none. `name` is the key it stands under. */
export function redact(value: unknown, options: RedactorOptions, name = '', depth = 0): unknown {
  if (typeof value === 'string') return kept.has(name) || !isSuspicious(value) ? value : whole(name === 'arguments' ? new JsonRedactor(options) : new Redactor(options), value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === maxDepth) throw badAnswer('The upstream answer is nested too deeply.')
  if (Array.isArray(value)) {
    const items = value.map((item) => redact(item, options, name, depth + 1))
    return items.every((item, index) => item === value[index]) ? value : items
  }
  return replaced(value as Record<string, unknown>, (item, key) => redact(item, options, key, depth + 1))
}

/** An object with some values replaced; the very same object when none is another. */
export function replaced(object: Readonly<Record<string, unknown>>, replace: (value: unknown, key: string) => unknown): Readonly<Record<string, unknown>> {
  let changed: Record<string, unknown> | undefined
  for (const key of Object.keys(object)) {
    const value = replace(object[key], key)
    if (value !== object[key]) (changed ??= { ...object })[key] = value
  }
  return changed ?? object
}

function whole(redactor: Pick<Redactor, 'push' | 'end'>, text: string): string {
  const shown = redactor.push(text)
  return shown + redactor.end()
}
