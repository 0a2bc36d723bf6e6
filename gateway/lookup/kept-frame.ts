import type { Frame } from '../check/chat-stream.ts'

/** A frame that lies somewhere until it is asked for: its text alone, a sixth of what was parsed of it and one object in place of eight. */
export class KeptFrame implements Frame {
  readonly text: string
  readonly content: boolean

  constructor(text: string, content: boolean) {
    this.text = text
    this.content = content
  }

  /** Parsed anew each time: nearly nobody asks. */
  get chunk(): Readonly<Record<string, unknown>> {
    return JSON.parse(this.text.slice('data: '.length)) as Record<string, unknown>
  }
}
