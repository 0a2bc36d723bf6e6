import { crc32 } from 'node:zlib'
import { z } from 'zod'
import type { Answer } from '../call/attempt.ts'
import type { Frames } from '../call/frames.ts'
import { staged } from '../call/staged.ts'
import { isObject } from '../check/upstream-error.ts'
import type { Turn } from '../turn.ts'
import { withoutPii } from './pii.ts'

/** Opt-in: some requests with their filtered texts, for people who improve prompts. */
export const sampleConfig = z.strictObject({
  /** Share of the requests. The id decides, so that all replicas choose the same ones. */
  rate: z.number().min(0).max(1),
  /** Of a prompt, and of an answer; the rest is left out. */
  maxBytes: z.int().min(1).max(65_536).default(4_096),
})
export type SampleConfig = z.output<typeof sampleConfig>

/** Called for each request; for a chosen one it returns what its answer is to be passed through. The texts are logged when the request is over. */
export type Sampler = (turn: Turn) => ((answer: Answer) => Answer) | undefined

/** Half an address or number at the cut would pass the filter. No word that it looks for is longer, but keys, which are found by their begin. */
const halfWord = /\S{1,256}$/
const halfNumber = /[\d\s().+/-]{1,64}$/
const margin = 320

/** Makes the sampler. */
export function createSampler({ rate, maxBytes }: SampleConfig): Sampler {
  return (turn) => {
    const { request, trace } = turn
    if (!isChosen(request.id, rate)) return undefined
    const prompt = new Excerpt(maxBytes)
    for (const text of textsOf(turn)) prompt.add(`${text}\n`)
    const answer = new Excerpt(maxBytes)
    request.finish.after(() => request.log.info({ model: trace.model, prompt: prompt.filtered(), answer: answer.filtered() }, 'sample'))
    return (given) => {
      if (given.kind === 'stream') return { ...given, frames: heard(given.frames, answer) }
      for (const text of said(given.json, 'message')) answer.add(text)
      return given
    }
  }
}

/** Whether a request is one of the share. By a checksum and not by a hash: every request is asked about, and nobody has to be kept from choosing. */
export function isChosen(requestId: string, rate: number): boolean {
  return crc32(requestId) < rate * 2 ** 32
}

function heard(frames: Frames, answer: Excerpt): Frames {
  return staged(frames, {
    each(frame) {
      for (const text of said(frame.chunk, 'delta')) answer.add(text)
      return frame
    },
  })
}

/** The begin of a text, as much of it as may be logged. */
export class Excerpt {
  readonly #maxBytes: number
  #text = ''
  #whole = true

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(text: string): void {
    const room = this.#maxBytes + margin - this.#text.length
    if (text.length > room) this.#whole = false
    this.#text += text.slice(0, Math.max(0, room))
  }

  filtered(): string {
    const clean = withoutPii(this.#whole ? this.#text : this.#text.replace(halfWord, '').replace(halfNumber, ''))
    const { read } = new TextEncoder().encodeInto(clean, new Uint8Array(this.#maxBytes))
    return this.#whole && read === clean.length ? clean.trimEnd() : `${clean.slice(0, read)}…`
  }
}

function textsOf({ body }: Turn): string[] {
  if ('input' in body) return [body.input].flat().filter((input) => typeof input === 'string')
  return body.messages.flatMap(({ role, content }) => [content ?? ''].flat().map((part) => `${role}: ${typeof part === 'string' ? part : textOf(part['text'])}`))
}

function said({ choices }: Readonly<Record<string, unknown>>, where: 'message' | 'delta'): string[] {
  return Array.isArray(choices) ? choices.filter(isObject).map((choice) => (isObject(choice[where]) ? textOf(choice[where]['content']) : '')) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
