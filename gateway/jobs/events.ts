import type { Frames } from '../call/frames.ts'
import type { Frame } from '../check/chat-stream.ts'
import type { Channels } from './channels.ts'
import { jobText } from './job.ts'
import type { Job } from './job.ts'
import type { Scope } from '../scope.ts'
import type { JobStore } from './store.ts'

/** How often is looked without having been told: messages get lost, and a job that is gone tells nobody. */
const lookMs = 5_000

export interface FollowOptions {
  readonly store: JobStore
  readonly channels: Channels
  /** The job as it is now; throws when it is gone. */
  readonly look: (id: string) => Promise<Job>
}

/**
 * What comes of a job, from an event on that the reader has seen, or from the beginning: each change of its status under the name of
 * the status, and in between the chunks of a chat. Ends behind the one with the result, or the error.
 */
export async function* follow({ store, channels, look }: FollowOptions, first: Job, after: string | undefined, scope: Scope): Frames {
  const { id } = first
  const bell = new Bell(scope)
  using _ = channels.listen(store.channelOf(id), () => bell.ring())
  let job = first
  let at = after ?? '0-0'
  if (job.status === 'queued' && after === undefined) yield statusFrame(job)
  for (;;) {
    const events = await store.eventsAfter(id, at)
    for (const event of events) {
      at = event.at
      if ('text' in event) yield frame(identified(event.text, at))
      else if (event.status === 'ended') job = await look(id)
      // As it was then: whoever has read the chunks of a lost worker has to learn that they come again.
      else yield statusFrame({ ...asBegun(first), status: event.status, attempts: event.attempts }, at)
    }
    if (events.length > 0) continue
    if (hasEnded(job)) {
      yield statusFrame(job, at)
      return
    }
    if (!(await bell.heard(lookMs))) job = await look(id)
  }
}

function asBegun({ outcome: _outcome, headers: _headers, ...job }: Job): Job {
  return job
}

export function hasEnded({ status }: Job): boolean {
  return status === 'done' || status === 'failed'
}

function statusFrame(job: Job, at?: string): Frame {
  return frame(`event: ${job.status}\n${at === undefined ? '' : `id: ${at}\n`}data: ${jobText(job)}\n\n`)
}

function frame(text: string): Frame {
  return { text, chunk: {}, content: true }
}

// Behind the last of the events that came together: a reader that was cut off in the middle of them gets them again, and misses none.
function identified(text: string, at: string): string {
  return `${text.slice(0, -1)}id: ${at}\n\n`
}

/** Wakes one sleeper; a ring while nobody sleeps is kept for the next. */
class Bell {
  readonly #scope: Scope
  #rung = false
  #wake: () => void = () => {}

  constructor(scope: Scope) {
    this.#scope = scope
    scope.onEnd(() => this.#wake())
  }

  ring(): void {
    this.#rung = true
    this.#wake()
  }

  /** Resolves with true when it rings, with false when it has not for so long. Rejects with the reason of the scope. */
  async heard(ms: number): Promise<boolean> {
    this.#scope.throwIfOver()
    if (!this.#rung) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, ms)
      this.#wake = resolve
      await promise
      clearTimeout(timer)
      this.#scope.throwIfOver()
    }
    const rung = this.#rung
    this.#rung = false
    return rung
  }
}
