import type { Call } from '../call/attempt.ts'
import type { Permit } from '../call/breaker.ts'
import { GatewayError, UpstreamError } from '../errors.ts'
import type { FailureKind } from '../errors.ts'
import type { Trace } from './trace.ts'

/** One attempt at an upstream that begins. */
export interface Attempt {
  readonly upstream: string
  /** As the upstream knows it. */
  readonly model: string
  readonly call: Call
  readonly trace: Trace
}

/** How an attempt ended. */
export interface AttemptEnd {
  /** `left`: given up for a reason that is none of the upstream's, such as a caller that went. */
  readonly outcome: 'ok' | 'left' | FailureKind
  /** The upstream's status, where that was the failure. */
  readonly status: number | undefined
  /** Id of the error. */
  readonly error: string | undefined
  readonly durationMs: number
}

export interface AttemptObserver {
  /** Returns what is to hear of the end; may give headers to send instead of the call's own. */
  begin(attempt: Attempt): { readonly headers?: Call['headers'] | undefined; end(end: AttemptEnd): void }
}

/** Has somebody look at an attempt; the attempt is then made with what this returns. */
export type WatchAttempt = (attempt: Attempt & { readonly permit: Permit }) => Pick<Attempt, 'call'> & { readonly permit: Permit }

/** The permit is told how an attempt ended, of a stream when its last frame was taken: watching it costs nothing per frame. */
export function createWatch(observers: readonly AttemptObserver[]): WatchAttempt {
  return (attempt) => {
    const begun: Begun[] = []
    let { call } = attempt
    for (const observer of observers) {
      const one = observer.begin(attempt)
      if (one.headers !== undefined) call = { ...call, headers: one.headers }
      begun.push(one)
    }
    return { call, permit: new WatchedPermit(attempt.permit, begun) }
  }
}

type Begun = ReturnType<AttemptObserver['begin']>

class WatchedPermit implements Permit {
  readonly #permit: Permit
  readonly #begun: readonly Begun[]
  readonly #startedAt = performance.now()
  #open = true

  constructor(permit: Permit, begun: readonly Begun[]) {
    this.#permit = permit
    this.#begun = begun
  }

  begun(): void {
    this.#permit.begun()
  }

  succeed(): void {
    this.#permit.succeed()
    this.#end('ok')
  }

  fail(error?: unknown): void {
    this.#permit.fail(error)
    this.#failed(error)
  }

  release(error?: unknown): void {
    this.#permit.release(error)
    this.#failed(error)
  }

  #failed(error: unknown): void {
    this.#end(error instanceof UpstreamError ? error.kind : 'left', error)
  }

  #end(outcome: AttemptEnd['outcome'], error?: unknown): void {
    if (!this.#open) return
    this.#open = false
    const end: AttemptEnd = {
      outcome,
      status: outcome === 'status' && error instanceof UpstreamError ? error.status : undefined,
      error: error === undefined ? undefined : error instanceof GatewayError ? error.id : 'GW_ERR_INTERNAL',
      durationMs: performance.now() - this.#startedAt,
    }
    for (const one of this.#begun) one.end(end)
  }
}
