import type { Failure } from './failure.ts'

/** What is kept of a call: its answer, the events of its stream, or how it failed. */
export type Kept = { kind: 'json'; text: string } | { kind: 'stream'; events: readonly string[] } | { kind: 'failure'; failure: Failure }

const ENTRIES = 1000

/** Answers by their question, the oldest of them forgotten when there are too many. */
export class AnswerCache {
  readonly #kept = new Map<string, Kept>()

  find(key: string | null): Kept | undefined {
    return key === null ? undefined : this.#kept.get(key)
  }

  keep(key: string | null, kept: Kept): void {
    if (key === null) return
    this.#kept.set(key, kept)
    if (this.#kept.size > ENTRIES) this.#kept.delete(this.#kept.keys().next().value ?? '')
  }
}
