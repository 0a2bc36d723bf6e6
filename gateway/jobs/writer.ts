import type { Scope } from '../scope.ts'
import type { JobRun } from './store.ts'

/** How much may wait to be written before the upstream is made to wait. */
const mostCharacters = 65_536

/** Writes what comes of a job, in order. What comes while a write is under way goes with the next: one round trip at a time, however many chunks. */
export class EventWriter {
  readonly #run: Pick<JobRun, 'append'>
  readonly #scope: Scope
  readonly #refused: () => void
  #pending = ''
  #writing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  /** `refused` is called when the job is no longer this worker's. */
  constructor(run: Pick<JobRun, 'append'>, scope: Scope, refused: () => void) {
    this.#run = run
    this.#scope = scope
    this.#refused = refused
  }

  /** Resolves when more may come; rejects with what an earlier write failed of, or the reason of the scope. */
  async write(text: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#pending += text
    this.#writing ??= this.#send()
    if (this.#pending.length > mostCharacters) await this.flush()
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await orOver(this.#writing, this.#scope)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #send(): Promise<void> {
    try {
      while (this.#pending !== '' && !this.#scope.isOver) {
        const text = this.#pending
        this.#pending = ''
        if (!(await this.#run.append(text))) this.#refused()
      }
    } catch (error) {
      this.#failure = { error }
    }
    this.#writing = undefined
  }
}

async function orOver(work: Promise<void> | undefined, scope: Scope): Promise<void> {
  scope.throwIfOver()
  const over = Promise.withResolvers<never>()
  const stop = (): void => over.reject(scope.reason)
  scope.onEnd(stop)
  try {
    await Promise.race([work, over.promise])
  } finally {
    scope.offEnd(stop)
  }
}
