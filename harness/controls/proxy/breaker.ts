export interface BreakerRules {
  failures: number
  cooldownMs: number
  probes: number
}

export type Outcome = 'ok' | 'failed' | 'neutral'

/** The right to make one attempt; says afterwards, once, how it went. */
export interface Ticket {
  settle(outcome: Outcome): void
}

/** Consecutive-failure breaker: closed, open for a cooldown, then half-open for a limited number of probes. */
export class Breaker {
  readonly #rules: BreakerRules
  #failures = 0
  #openUntil: number | null = null
  #probing = 0

  constructor(rules: BreakerRules) {
    this.#rules = rules
  }

  get isOpen(): boolean {
    return this.#openUntil !== null
  }

  /** Whole seconds until a probe may be let through, at least 1. */
  get retryAfterSeconds(): number {
    const left = (this.#openUntil ?? 0) - performance.now()
    return Number.isFinite(left) ? Math.max(1, Math.ceil(left / 1000)) : 1
  }

  /** A ticket, or null when the attempt must be shed. `guarded: false` takes one without asking. */
  admit(guarded = true): Ticket | null {
    const probe = this.#openUntil !== null
    if (guarded && probe && (performance.now() < (this.#openUntil ?? 0) || this.#probing >= this.#rules.probes)) return null
    if (probe) this.#probing += 1
    let settled = false
    return {
      settle: (outcome) => {
        if (settled) return
        settled = true
        if (probe) this.#probing -= 1
        this.#count(outcome, probe)
      },
    }
  }

  #count(outcome: Outcome, probe: boolean): void {
    if (outcome === 'neutral') return
    // An attempt that began before the breaker opened says nothing about the upstream now.
    if (this.#openUntil !== null && !probe) return
    if (outcome === 'ok') {
      this.#failures = 0
      this.#openUntil = null
      return
    }
    this.#failures += 1
    if (probe || this.#failures >= this.#rules.failures) this.#openUntil = performance.now() + this.#rules.cooldownMs
  }
}
