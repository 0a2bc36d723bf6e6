import { Trace } from '../observe/trace.ts'
import { Head } from '../reply/head.ts'
import type { Turn } from '../turn.ts'

/**
 * What one call for several callers came to, and which of them is told what. In a trace of its own: that of a caller ends with the caller,
 * and the call goes on.
 */
export class FlightNotes {
  readonly trace: Trace
  /** For everybody. */
  readonly head = new Head()
  #isCounted = false
  #isPaid = false

  /** `first` has begun the call: lines of the log are written under its id. */
  constructor(first: Trace, payer: () => Trace | undefined) {
    const { model, stream, caller, traceId } = first
    this.trace = new Trace(payer)
    this.trace.stream = stream
    if (model !== undefined) this.trace.model = model
    if (caller !== undefined) this.trace.caller = caller
    if (traceId !== undefined) this.trace.traceId = traceId
  }

  /** To be called for a caller whose answer is there, before it is told: labels are made of its trace. */
  serve({ trace, reply }: Turn): void {
    this.describe(trace)
    this.count(trace)
    this.head.copyTo(reply)
  }

  /** Writes to a caller's trace what is true of its answer by now. */
  describe(trace: Trace): void {
    const { attempts, model, served, upstream, responseModel, degraded, redacted, truncated } = this.trace
    // Before there was an attempt, the caller's own trace knows better which model it asked for.
    if (attempts > 0) {
      if (model !== undefined) trace.model = model
      if (served !== undefined) trace.served = served
      if (upstream !== undefined) trace.upstream = upstream
      trace.responseModel = responseModel
    }
    for (const step of degraded) if (!trace.degraded.includes(step)) trace.degraded.push(step)
    if (redacted !== undefined) trace.redacted = { ...redacted }
    if (truncated !== undefined) trace.truncated = truncated
  }

  /** The attempts and the time in the line are the first's that this is called for; the others were spared them. Added to what is there, because a job asks more than once. */
  count(trace: Trace): void {
    if (this.#isCounted) return spare(trace)
    this.#isCounted = true
    const { attempts, failures, queuedMs, cache } = this.trace
    trace.attempts += attempts
    trace.failures.push(...failures)
    if (queuedMs !== undefined) trace.queuedMs = (trace.queuedMs ?? 0) + queuedMs
    if (cache !== undefined) trace.cache = cache
  }

  /** What the call cost is the first's that this is called for. To be called when all of it is known, because it is never taken back: a caller that leaves while others stay has nothing to pay, they pay for the whole. */
  charge(trace: Trace | undefined): void {
    if (trace === undefined || this.#isPaid) return
    this.#isPaid = true
    const { usage, cost } = this.trace
    if (usage !== undefined) trace.usage = usage
    if (cost !== undefined) trace.cost = cost
  }
}

/** Notes that the call of a caller was another's. */
export function spare(trace: Trace): void {
  trace.cache = 'coalesced'
}
