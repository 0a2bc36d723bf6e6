import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel'
import type { IBackoff, IBackoffFactory } from 'cockatiel'
import type { RetryConfig } from './config.ts'
import { blamesRequest, UpstreamError } from './errors.ts'

const spentQuota = new Set(['insufficient_quota', 'credit_balance_exhausted', 'organization_spend_limit_exceeded', 'project_spend_limit_exceeded', 'organization_usage_limit_exceeded'])

/** Whether the same upstream may be asked again. A timeout is not: the wait is already spent, the next entry is the better bet. */
export function mayRetry(error: unknown, statuses: readonly number[]): error is UpstreamError {
  if (!(error instanceof UpstreamError) || blamesRequest(error)) return false
  if (error.kind === 'status' || error.kind === 'error-event') {
    return statuses.includes(error.status) && !spentQuota.has(error.code ?? '') && !spentQuota.has(error.type)
  }
  return error.kind === 'unreachable' || error.kind === 'cut' || error.kind === 'bad-answer'
}

/** Whether the next upstream of the chain may be asked: everything that is not the request's own fault. */
export function mayFallBack(error: unknown): error is UpstreamError {
  if (!(error instanceof UpstreamError) || error.kind === 'auth' || blamesRequest(error)) return false
  return error.status >= 500 || error.status === 429
}

/** The waits between the attempts on one upstream: exponential with full jitter, or what `Retry-After` asks for. */
export class Backoff {
  readonly #config: RetryConfig
  #factory: IBackoffFactory<unknown>
  #left: number

  constructor(config: RetryConfig | false) {
    this.#config = config === false ? { retries: 0, statuses: [], baseMs: 1, capMs: 1, maxRetryAfterMs: 0 } : config
    this.#left = this.#config.retries
    this.#factory = new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: this.#config.baseMs, maxDelay: this.#config.capMs })
  }

  /** Milliseconds to wait before the next attempt, or undefined when there is to be none. */
  next(error: unknown): number | undefined {
    if (this.#left <= 0 || !mayRetry(error, this.#config.statuses)) return undefined
    const asked = error.retryAfterMs ?? 0
    if (asked > this.#config.maxRetryAfterMs) return undefined
    this.#left--
    const backoff: IBackoff<unknown> = this.#factory.next(undefined)
    this.#factory = backoff
    // Jitter comes on top of what was asked for: everybody was told the same number. Timers may fire a millisecond early.
    return asked > 0 ? asked + 1 + Math.random() * this.#config.baseMs : backoff.duration
  }
}
