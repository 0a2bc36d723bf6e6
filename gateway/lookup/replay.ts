import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import type { Frame } from '../check/chat-stream.ts'
import type { Kept } from './answer-store.ts'

/** A JSON answer as it is kept: `"cached":true` is in it already, behind the last member, so that a hit only has to be sent. */
export function keepJson({ bytes, json }: Extract<Answer, { kind: 'json' }>): Kept {
  // An answer that came out of another cache says so itself.
  if (Object.hasOwn(json, 'cached')) return { kind: 'json', at: Date.now(), bytes: owned([bytes]) }
  return { kind: 'json', at: Date.now(), bytes: owned([bytes.subarray(0, bytes.lastIndexOf('}')), marked]) }
}

/** A stream as it is kept: the frames as they went out, without `[DONE]`. */
export function keepStream(texts: readonly string[]): Kept {
  return { kind: 'stream', at: Date.now(), bytes: owned([Buffer.from(texts.join(''))]) }
}

/** A kept answer on its way to another caller: the same bytes, and for a stream the same frames. */
export function replay({ kind, bytes }: Kept): Answer {
  if (kind === 'stream') return { kind, frames: framesOf(bytes.toString()) }
  return { kind, bytes, get json() {
    return JSON.parse(bytes.toString()) as Record<string, unknown>
  } }
}

const marked = Buffer.from(',"cached":true}')

// A small buffer from Node's pool would keep 8 KiB alive for as long as it is kept itself.
function owned(parts: readonly Buffer[]): Buffer {
  const copy = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) at += part.copy(copy, at)
  return copy
}

// A frame ends at its blank line, and has no other: its data is one line.
async function* framesOf(text: string): Frames {
  for (let from = 0, end = text.indexOf('\n\n'); end !== -1; from = end + 2, end = text.indexOf('\n\n', from)) yield keptFrame(text.slice(from, end + 2))
}

function keptFrame(text: string): Frame {
  return { text, content: true, get chunk() {
    return JSON.parse(text.slice('data: '.length)) as Record<string, unknown>
  } }
}
