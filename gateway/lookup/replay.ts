import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import type { Kept } from './answer-store.ts'
import { KeptFrame } from './kept-frame.ts'

const mark = ',"cached":true}'

/** A JSON answer as it is kept: `"cached":true` is in it already, behind the last member, so that a hit only has to be sent. */
export function keepJson({ text, json }: Extract<Answer, { kind: 'json' }>): Kept {
  const bytes = Buffer.byteLength(text)
  // An answer that came out of another cache says so itself.
  if (Object.hasOwn(json, 'cached')) return { kind: 'json', at: Date.now(), text, bytes }
  const end = text.lastIndexOf('}')
  // Measured before it is put together: that is done by reference, and most that is kept is never asked for again.
  return { kind: 'json', at: Date.now(), text: `${text.slice(0, end)}${mark}`, bytes: bytes - (text.length - end) + mark.length }
}

/** A stream as it is kept: the frames as they went out, without `[DONE]`. */
export function keepStream(texts: readonly string[]): Kept {
  const text = texts.join('')
  return { kind: 'stream', at: Date.now(), text, bytes: Buffer.byteLength(text) }
}

/** A kept answer on its way to another caller: the same text, and for a stream the same frames. */
export function replay({ kind, text }: Kept): Answer {
  if (kind === 'stream') return { kind, frames: framesOf(text) }
  return { kind, text, get json() {
    return JSON.parse(text) as Record<string, unknown>
  } }
}

// A frame ends at its blank line, and has no other: its data is one line.
async function* framesOf(text: string): Frames {
  for (let from = 0, end = text.indexOf('\n\n'); end !== -1; from = end + 2, end = text.indexOf('\n\n', from)) yield new KeptFrame(text.slice(from, end + 2), true)
}
