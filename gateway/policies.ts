import type { Answer } from './call/attempt.ts'
import type { Caller, Turn } from './turn.ts'
import type { ChatRequest, EmbeddingsRequest } from './validate/validate.ts'

/** Routes that can have a limit of their own. */
export type RouteName = 'chat' | 'embeddings' | 'models' | 'jobs'

/** What a limit says of one request; becomes the `X-RateLimit-*` headers. */
export interface LimitState {
  readonly limit: number
  readonly remaining: number
  /** Until the full limit is there again, in milliseconds. */
  readonly resetMs: number
  /** Until one more request would be let in; 0 for one that was. */
  readonly retryMs: number
  readonly allowed: boolean
}

/** How often a caller may ask. */
export interface RateLimits {
  /** Counts one request; undefined when the route has no limit, or none that is known. A refused request counts nothing. Resolves when the request may go on. */
  take(caller: Caller, route: RouteName): Promise<LimitState | undefined> | LimitState | undefined
}

/** How much a caller may use. */
export interface Budgets {
  /** Throws GW_ERR_BUDGET_SPENT when the day's tokens or money are gone, GW_ERR_BUDGET_HELD when what is left is set aside for requests in flight. */
  admit(turn: Turn): Promise<void> | undefined
  /** Counts what a request used and gives back what was set aside for it; called once, when the work for it has ended. Never throws. */
  charge(turn: Turn): void
}

/** Refuses a request that is larger or stranger than configured; throws GW_ERR_INVALID_REQUEST. */
export interface InputLimits {
  check(kind: Turn['kind'], body: ChatRequest | EmbeddingsRequest): void
}

/** Answers that were given before. */
export interface AnswerCache {
  /** Begins to look for a kept answer to the same request, where that takes time. Costs nobody anything, and nobody learns of it before `find`. */
  begin(turn: Turn): void
  /** A kept answer to the same request, or to one that means the same; sets `trace.cache`. Never throws. */
  find(turn: Turn): Promise<Answer | undefined> | Answer | undefined
  /** Keeps the answer when it turns out whole; what it returns is what is relayed. */
  keep(turn: Turn, answer: Answer): Answer
  /** A kept answer even when its time is over, for when there is no other; an answer to the same request only. Sets `trace.cache`. Never throws. */
  findStale?(turn: Turn): Promise<Answer | undefined>
}

/** One upstream call for requests that are the same and in flight at the same time. */
export interface Coalescing {
  /** Joins the call that is under way for the same request, or begins one. `obtain` gets a turn whose scope lasts until the last of those who share it has left. */
  share(turn: Turn, obtain: (turn: Turn) => Promise<Answer>): Promise<Answer>
}

/** A bounded number of upstream calls at a time, and a bounded number of waiting ones. */
export interface Queue {
  /** Requests that wait for a slot. */
  readonly waiting: number
  /** Slots that are taken. */
  readonly running: number
  /** A slot, or a promise of one, which rejects with GW_ERR_OVERLOADED when too many wait or the wait is too long. */
  enter(turn: Turn): Promise<Disposable> | Disposable
}

/** What must not leave the gateway in an answer. */
export interface OutputCheck {
  check(turn: Turn, answer: Answer): Answer
}

/** What to try when the asked model has no answer to give. */
export interface Degradation {
  /**
   * An answer in place of one that failed for want of a healthy upstream or a free slot; throws what remains to be said otherwise. Each step is
   * named in `trace.degraded`. `queuedMs` is what `trace.queuedMs` was before; `obtain` tries again, and does not go down the ladder itself.
   */
  goDown(turn: Turn, failed: unknown, queuedMs: number, obtain: (turn: Turn) => Promise<Answer>): Promise<Answer>
}

/** Every policy that can be switched off; one that is off is not there. */
export interface Policies {
  readonly rateLimits?: RateLimits | undefined
  readonly inputLimits?: InputLimits | undefined
  readonly budgets?: Budgets | undefined
  readonly cache?: AnswerCache | undefined
  readonly coalescing?: Coalescing | undefined
  readonly queue?: Queue | undefined
  readonly degradation?: Degradation | undefined
  readonly output?: OutputCheck | undefined
}
