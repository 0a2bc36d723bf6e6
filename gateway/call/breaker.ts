import { EventEmitter, once, setMaxListeners } from 'node:events'
import { CircuitState, ConsecutiveBreaker } from 'cockatiel'
import type { IBreaker } from 'cockatiel'
import type { BreakerConfig } from './breaker-config.ts'
import { blamesRequest, UpstreamError } from '../errors.ts'
import { pause } from './pause.ts'
import { RollingWindow } from './rolling-window.ts'

export type BreakerState = 'closed' | 'open' | 'half-open'

/** The right to make one attempt. Exactly one of its methods is to be called, the first one counts. */
export interface Permit {
  /** The attempt's answer has begun well; a half-open circuit closes here, not when a long stream has ended. */
  begun(): void
  succeed(): void
  fail(error?: unknown): void
  /** The attempt says nothing about the upstream (caller gone, 4xx): a probe's slot is free for the next caller. */
  release(error?: unknown): void
}

export type Admission = { readonly permit: Permit } | { readonly shed: true; readonly remainingMs: number }

export type BreakerOptions = BreakerConfig & {
  readonly onTransition?: (from: BreakerState, to: BreakerState) => void
  readonly now?: () => number
}

const unguarded: Permit = { begun() {}, succeed() {}, fail() {}, release() {} }

/** When a closed circuit opens: by failures in a row, or by their share in a rolling window. */
type Rule = Pick<IBreaker, 'success' | 'failure'>

function ruleOf(options: BreakerConfig, now: () => number): Rule {
  return options.policy === 'consecutive' ? new ConsecutiveBreaker(options.failures) : new RollingWindow({ ...options, now })
}

/**
 * A circuit breaker that sheds. A rule decides *when* to open; the states are our own because cockatiel's half-open state
 * lets other callers wait for the probe, and takes a probe that ended neutrally (an abort) for a success.
 */
export class Breaker {
  readonly #options: BreakerOptions
  readonly #now: () => number
  /** Emits `moved` when what {@link whenAdmitting} waits for may have come. */
  readonly #events = new EventEmitter()
  #rule: Rule
  #state: BreakerState = 'closed'
  #openedAt = 0
  #probe: Permit | undefined
  /** Good probes in this half-open time. */
  #proved = 0
  /**
   * Closed by an answer that has only begun: until a first success one more failure opens again. Without this, an upstream
   * that cuts every stream would be granted the full number of failures after each cool-down.
   */
  #onTrial = false
  // Permits of an earlier state are void: a slow failure from before the opening must not reopen a recovered circuit.
  #generation = 0

  constructor(options: BreakerOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#rule = ruleOf(options, this.#now)
    setMaxListeners(0, this.#events)
  }

  get state(): BreakerState {
    return this.#state
  }

  /** Lets one attempt through, or sheds it at once with the cool-down that remains. */
  admit(): Admission {
    if (this.#state === 'open' && this.#remaining() <= 0) this.#move('half-open')
    if (this.#state === 'closed') return { permit: this.#permit() }
    if (this.#state === 'open' || this.#probe !== undefined) return { shed: true, remainingMs: this.#remaining() }
    this.#probe = this.#permit()
    return { permit: this.#probe }
  }

  /** The least time until an attempt may be let through; 0 when that depends on nothing but a probe. */
  get leastWaitMs(): number {
    return this.#state === 'open' ? this.#remaining() : 0
  }

  /**
   * Resolves with true once an attempt is likely to be let through, with false when that is sure to take longer than `ms`.
   * Of many that wait one becomes the probe; the others are shed and may wait again. Rejects when the signal aborts.
   */
  async whenAdmitting(ms: number, signal: AbortSignal): Promise<boolean> {
    const until = this.#now() + ms
    for (let left = ms; left > 0; left = until - this.#now()) {
      if (this.#state === 'open') {
        if (this.#remaining() > left) return false
        await pause(this.#remaining(), signal)
        if (this.#remaining() <= 0) return true
      } else if (this.#probe === undefined) return true
      else await this.#moved(left, signal)
    }
    return false
  }

  /** Waits for the next change of state, or for a probe's slot to be free, but not longer than `ms`. */
  async #moved(ms: number, signal: AbortSignal): Promise<void> {
    // It takes whole milliseconds only.
    const enough = AbortSignal.timeout(Math.ceil(ms))
    try {
      await once(this.#events, 'moved', { signal: AbortSignal.any([signal, enough]) })
    } catch {
      signal.throwIfAborted()
    }
  }

  #remaining(): number {
    return Math.max(0, this.#openedAt + this.#options.cooldownMs - this.#now())
  }

  #permit(): Permit {
    return new IssuedPermit(this.#outcomes, this.#generation)
  }

  /** What permits tell. */
  readonly #outcomes: Outcomes = {
    isVoid: (generation) => generation !== this.#generation,
    begun: () => {
      if (this.#state !== 'half-open') return undefined
      this.#prove()
      if (this.#state === 'half-open') return { settled: true, generation: this.#generation }
      this.#onTrial = true
      return { settled: false, generation: this.#generation }
    },
    success: () => {
      if (this.#state === 'half-open') return this.#prove()
      this.#onTrial = false
      this.#rule.success(CircuitState.Closed)
    },
    failure: () => {
      if (this.#state === 'half-open' || this.#onTrial || this.#rule.failure(CircuitState.Closed)) this.#open()
    },
    neither: () => {
      if (this.#state !== 'half-open') return
      this.#probe = undefined
      this.#events.emit('moved')
    },
  }

  /** A probe went well: the circuit closes, or the next probe may come. */
  #prove(): void {
    this.#probe = undefined
    if (++this.#proved >= this.#options.successes) this.#move('closed')
    else this.#events.emit('moved')
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
    this.#proved = 0
    this.#onTrial = false
    if (to === 'closed') this.#rule = ruleOf(this.#options, this.#now)
    this.#options.onTransition?.(from, to)
    this.#events.emit('moved')
  }
}

interface Outcomes {
  /** Whether the circuit has moved on since. */
  isVoid(generation: number): boolean
  /** Undefined where a good begin changes nothing. */
  begun(): { readonly settled: boolean; readonly generation: number } | undefined
  success(): void
  failure(): void
  neither(): void
}

/** A class, not an object of closures: every attempt has one, and nearly every one is only told that it succeeded. */
class IssuedPermit implements Permit {
  readonly #circuit: Outcomes
  #generation: number
  #settled = false

  constructor(circuit: Outcomes, generation: number) {
    this.#circuit = circuit
    this.#generation = generation
  }

  begun(): void {
    if (this.#settled || this.#circuit.isVoid(this.#generation)) return
    const now = this.#circuit.begun()
    if (now === undefined) return
    this.#settled = now.settled
    this.#generation = now.generation
  }

  succeed(): void {
    if (this.#counts()) this.#circuit.success()
  }

  fail(): void {
    if (this.#counts()) this.#circuit.failure()
  }

  release(): void {
    if (this.#counts()) this.#circuit.neither()
  }

  /** Whether what is told is the first, and still of interest. */
  #counts(): boolean {
    if (this.#settled) return false
    this.#settled = true
    return !this.#circuit.isVoid(this.#generation)
  }
}

/** What the rest of the gateway uses of a breaker. */
export type Circuit = Pick<Breaker, 'admit' | 'state' | 'leastWaitMs' | 'whenAdmitting'>

/** The breaker of one upstream, or one that always admits when the policy is switched off. */
export function createBreaker(config: BreakerConfig | false, onTransition: NonNullable<BreakerOptions['onTransition']>): Circuit {
  if (config === false) return { state: 'closed', leastWaitMs: 0, admit: () => ({ permit: unguarded }), whenAdmitting: async () => true }
  return new Breaker({ ...config, onTransition })
}

/** Settles a permit by how the attempt ended: only what is the upstream's own fault counts against it. */
export function settle(permit: Permit, error?: unknown): void {
  if (error === undefined) permit.succeed()
  else if (error instanceof UpstreamError && isUpstreamFault(error)) permit.fail(error)
  else permit.release(error)
}

function isUpstreamFault(error: UpstreamError): boolean {
  if (error.kind === 'status') return error.status >= 500
  return error.kind !== 'auth' && error.kind !== 'circuit-open' && !blamesRequest(error)
}
