import { ExponentialBackoff, fullJitterGenerator } from 'cockatiel'
import type { IBackoff, IBackoffFactory } from 'cockatiel'
import type { RetryConfig } from '../config.ts'
import { blamesRequest, UpstreamError } from '../errors.ts'

const spentQuota = new Set(['insufficient_quota', 'credit_balance_exhausted', 'organization_spend_limit_exceeded', 'project_spend_limit_exceeded', 'organization_usage_limit_exceeded'])

/** How many of all retries may go to the failures that one rule is about. */
export interface Allowance {
  readonly rule: string
  readonly retries: number
}

/** What a failure allows on the same upstream. A timeout allows nothing: the wait is already spent, the next entry is the better bet. */
export function allowanceFor(error: unknown, { statuses, retries }: Pick<RetryConfig, 'statuses' | 'retries'>): Allowance | undefined {
  if (!(error instanceof UpstreamError) || blamesRequest(error)) return undefined
  if (error.kind === 'unreachable' || error.kind === 'cut' || error.kind === 'bad-answer') return { rule: 'connection', retries }
  if (error.kind !== 'status' && error.kind !== 'error-event') return undefined
  if (spentQuota.has(error.code ?? '') || spentQuota.has(error.type)) return undefined
  if (Array.isArray(statuses)) return statuses.includes(error.status) ? { rule: 'status', retries } : undefined
  // Statuses without a line of their own share one: a 500 and then a 502 are two failures of the same upstream.
  const rule = error.status >= 500 && statuses[error.status] === undefined ? '5xx' : String(error.status)
  return { rule, retries: statuses[rule] ?? 0 }
}

/** Whether the next upstream of the chain may be asked: everything that is not the request's own fault. */
export function mayFallBack(error: unknown): error is UpstreamError {
  if (!(error instanceof UpstreamError) || error.kind === 'auth' || blamesRequest(error)) return false
  // What one provider has no words for another may have.
  return error.kind === 'unsupported' || error.status >= 500 || error.status === 429
}

/** The waits between the attempts on one upstream: exponential with full jitter, or what `Retry-After` asks for. */
export class Backoff {
  readonly #config: RetryConfig
  #factory: IBackoffFactory<unknown>
  #left: number
  readonly #used = new Map<string, number>()

  constructor(config: RetryConfig) {
    this.#config = config
    this.#left = config.retries
    this.#factory = new ExponentialBackoff({ generator: fullJitterGenerator, initialDelay: this.#config.baseMs, maxDelay: this.#config.capMs })
  }

  /** Milliseconds to wait before the next attempt, or undefined when there is to be none. */
  next(error: unknown): number | undefined {
    const allowance = allowanceFor(error, this.#config)
    const used = allowance === undefined ? 0 : (this.#used.get(allowance.rule) ?? 0)
    if (allowance === undefined || this.#left <= 0 || used >= allowance.retries) return undefined
    const asked = error instanceof UpstreamError ? (error.retryAfterMs ?? 0) : 0
    if (asked > this.#config.maxRetryAfterMs) return undefined
    this.#left--
    this.#used.set(allowance.rule, used + 1)
    const backoff: IBackoff<unknown> = this.#factory.next(undefined)
    this.#factory = backoff
    // Jitter comes on top of what was asked for: everybody was told the same number. Timers may fire a millisecond early.
    return asked > 0 ? asked + 1 + Math.random() * this.#config.baseMs : backoff.duration
  }
}
