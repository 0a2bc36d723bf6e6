import type { JobRun } from './store.ts'

/** How much may wait to be written before the upstream is made to wait. */
const mostCharacters = 65_536

/** Writes what comes of a job, in order. What comes while a write is under way goes with the next: one round trip at a time, however many chunks. */
export class EventWriter {
  readonly #run: Pick<JobRun, 'append'>
  readonly #signal: AbortSignal
  readonly #refused: () => void
  #pending = ''
  #writing: Promise<void> | undefined
  #failure: { readonly error: unknown } | undefined

  /** `refused` is called when the job is no longer this worker's. */
  constructor(run: Pick<JobRun, 'append'>, signal: AbortSignal, refused: () => void) {
    this.#run = run
    this.#signal = signal
    this.#refused = refused
  }

  /** Resolves when more may come; rejects with what an earlier write failed of, or the reason of the signal. */
  async write(text: string): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure.error
    this.#pending += text
    this.#writing ??= this.#send()
    if (this.#pending.length > mostCharacters) await this.flush()
  }

  /** Resolves when everything is written. */
  async flush(): Promise<void> {
    await orAborted(this.#writing, this.#signal)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  async #send(): Promise<void> {
    try {
      while (this.#pending !== '' && !this.#signal.aborted) {
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

async function orAborted(work: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const stop = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
