import { fieldsOf } from './failure.ts'

export type Json = Record<string, unknown>

/** Changes JSON text through its object; text the change leaves alone (it returns false) keeps its bytes. */
export function rewrite(text: string, change: (json: Json) => boolean): string {
  let json: Json
  try {
    json = JSON.parse(text) as Json
  } catch {
    return text
  }
  return change(json) ? JSON.stringify(json) : text
}

/** The first choice of a chunk or answer, with its delta or message. */
export function firstChoice(json: Json): { choice: Json; part: Json } {
  const choices = json['choices']
  const choice = fieldsOf(Array.isArray(choices) ? choices[0] : undefined)
  return { choice, part: fieldsOf(choice['delta'] ?? choice['message']) }
}

/** The JSON of a text, or an empty object. */
export function read(text: string): Json {
  let json: Json = {}
  rewrite(text, (value) => {
    json = value
    return false
  })
  return json
}

/** A last chunk nobody sent, made after the last one somebody did. */
export const inventedStop = (last: Json): string => JSON.stringify({ ...last, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
