import { ConsecutiveBreaker } from 'cockatiel'
import type { BreakerConfig } from './config.ts'
import { blamesRequest, UpstreamError } from './errors.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** The right to make one attempt. Exactly one of its methods is to be called, the first one counts. */
export interface Permit {
  /** The attempt's answer has begun well; a half-open circuit closes here, not when a long stream has ended. */
  begun(): void
  succeed(): void
  fail(): void
  /** The attempt says nothing about the upstream (caller gone, 4xx): a probe's slot is free for the next caller. */
  release(): void
}

export type Admission = { readonly permit: Permit } | { readonly shed: true; readonly remainingMs: number }

export interface BreakerOptions extends BreakerConfig {
  readonly onTransition?: (from: BreakerState, to: BreakerState) => void
  readonly now?: () => number
}

const unguarded: Permit = { begun() {}, succeed() {}, fail() {}, release() {} }

/**
 * A circuit breaker that sheds. cockatiel decides *when* to open; the states are our own because its half-open state
 * lets other callers wait for the probe, and takes a probe that ended neutrally (an abort) for a success.
 */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #now: () => number
  #counter: ConsecutiveBreaker
  #state: BreakerState = 'closed'
  #openedAt = 0
  #probe: Permit | undefined
  // Permits of an earlier state are void: a slow failure from before the opening must not reopen a recovered circuit.
  #generation = 0

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#counter = new ConsecutiveBreaker(options.failures)
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Lets one attempt through, or sheds it at once with the cool-down that remains. */
  admit(): Admission {
    if (this.#state === 'open' && this.#remaining() <= 0) this.#move('half-open')
    if (this.#state === 'closed') return { permit: this.#permit(this.#generation) }
    if (this.#state === 'open' || this.#probe !== undefined) return { shed: true, remainingMs: this.#remaining() }
    this.#probe = this.#permit(this.#generation)
    return { permit: this.#probe }
  }

  #remaining(): number {
    return Math.max(0, this.#openedAt + this.#options.cooldownMs - this.#now())
  }

  #permit(issued: number): Permit {
    let generation = issued
    let settled = false
    const end = (outcome: () => void): void => {
      if (settled) return
      settled = true
      if (generation === this.#generation) outcome()
    }
    return {
      begun: () => {
        if (settled || generation !== this.#generation || this.#state !== 'half-open') return
        this.#move('closed')
        generation = this.#generation
        // Believed on trial: until a first success, one more failure opens again. Without this, an upstream that cuts
        // every stream would be granted the full number of failures after each cool-down.
        this.#counter.state = this.#options.failures - 1
      },
      succeed: () => end(() => {
        if (this.#state === 'half-open') this.#move('closed')
        this.#counter.success()
      }),
      fail: () => end(() => {
        if (this.#counter.failure() || this.#state === 'half-open') this.#open()
      }),
      release: () => end(() => {
        this.#probe = undefined
      }),
    }
  }

  #open(): void {
    this.#openedAt = this.#now()
    this.#move('open')
  }

  #move(to: BreakerState): void {
    const from = this.#state
    this.#state = to
    this.#generation++
    this.#probe = undefined
    if (to === 'closed') this.#counter = new ConsecutiveBreaker(this.#options.failures)
    this.#options.onTransition?.(from, to)
  }
}

/** The breaker of one upstream, or one that always admits when the policy is switched off. */
export function createBreaker(config: BreakerConfig | false, onTransition: NonNullable<BreakerOptions['onTransition']>): Pick<Breaker, 'admit' | 'state'> {
  if (config === false) return { state: 'closed', admit: () => ({ permit: unguarded }) }
  return new Breaker({ ...config, onTransition })
}

/** Settles a permit by how the attempt ended: only what is the upstream's own fault counts against it. */
export function settle(permit: Permit, error?: unknown): void {
  if (error === undefined) permit.succeed()
  else if (error instanceof UpstreamError && isUpstreamFault(error)) permit.fail()
  else permit.release()
}

function isUpstreamFault(error: UpstreamError): boolean {
  if (error.kind === 'status') return error.status >= 500
  return error.kind !== 'auth' && error.kind !== 'circuit-open' && !blamesRequest(error)
}
