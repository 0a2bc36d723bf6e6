import { z } from 'zod'
import { describeInput } from './describe.ts'

/** More is not said about one request: who sends a thousand broken messages has one mistake in a loop. */
export const maxIssues = 32

const slice = 100

/**
 * An array that stops looking soon after {@link maxIssues} issues. `z.array` goes on and makes one per element: a megabyte of
 * `{},{},{}` is a third of a million of them, and holds the event loop for seconds.
 */
export function list<T extends z.ZodType>(item: T, { min = 0, max = Number.MAX_SAFE_INTEGER }: { readonly min?: number; readonly max?: number } = {}): z.ZodType<z.output<T>[]> {
  const items = z.array(item)
  const type = z.array(z.unknown()).min(min).max(max).superRefine((values, context) => {
    for (let from = 0; from < values.length && context.issues.length < maxIssues; from += slice) {
      const result = items.safeParse(values.length <= slice ? values : values.slice(from, from + slice), { reportInput: true })
      if (!result.success) for (const issue of result.error.issues) context.addIssue({ ...issue, path: [from + Number(issue.path[0]), ...issue.path.slice(1)] })
    }
  })
  // Zod cannot see what is checked by hand; read when somebody asks for the JSON Schema.
  return type.meta({ get items() {
    return describeInput(item)
  } }) as unknown as z.ZodType<z.output<T>[]>
}

/** A record of numbers, bounded like {@link list}. */
export const numbers = z.record(z.string(), z.unknown()).superRefine((values, context) => {
  for (const key of Object.keys(values)) {
    if (typeof values[key] !== 'number') context.addIssue({ code: 'invalid_type', expected: 'number', input: values[key], path: [key] })
    if (context.issues.length >= maxIssues) return
  }
}).meta({ additionalProperties: { type: 'number' } }) as unknown as z.ZodType<Record<string, number>>

const token = { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }
const inputs = [{ type: 'string' }, token, { type: 'array', minItems: 1, items: token }]

/** What can be embedded beside one text: texts, the tokens of one text, or those of several. Not a union: that would walk the whole array once per kind. */
export const embeddable = z.array(z.unknown()).min(1).superRefine((values, context) => {
  const [first] = values
  const [expected, fits] = typeof first === 'string' ? (['string', isString] as const) : Array.isArray(first) ? (['array of integers', isTokens] as const) : (['int', Number.isSafeInteger] as const)
  for (let index = 0; index < values.length && context.issues.length < maxIssues; index++) {
    if (!fits(values[index])) context.addIssue({ code: 'invalid_type', expected, input: values[index], path: [index] })
  }
}).meta({ items: { anyOf: inputs }, anyOf: inputs.map((items) => ({ items })) }) as unknown as z.ZodType<string[] | number[] | number[][]>

const isString = (value: unknown): boolean => typeof value === 'string'
const isTokens = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(Number.isSafeInteger)
