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
export function createWatch(observers: () => readonly AttemptObserver[]): WatchAttempt {
  return ({ permit, ...attempt }) => {
    const startedAt = performance.now()
    let { call } = attempt
    const begun = observers().map((observer) => observer.begin(attempt))
    for (const { headers } of begun) if (headers !== undefined) call = { ...call, headers }
    let open = true
    const end = (outcome: AttemptEnd['outcome'], error?: unknown): void => {
      if (!open) return
      open = false
      const result: AttemptEnd = {
        outcome,
        status: outcome === 'status' && error instanceof UpstreamError ? error.status : undefined,
        error: error === undefined ? undefined : error instanceof GatewayError ? error.id : 'GW_ERR_INTERNAL',
        durationMs: performance.now() - startedAt,
      }
      for (const one of begun) one.end(result)
    }
    const failed = (error: unknown): void => end(error instanceof UpstreamError ? error.kind : 'left', error)
    return {
      call,
      permit: {
        begun: () => permit.begun(),
        succeed: () => {
          permit.succeed()
          end('ok')
        },
        fail: (error) => {
          permit.fail(error)
          failed(error)
        },
        release: (error) => {
          permit.release(error)
          failed(error)
        },
      },
    }
  }
}
