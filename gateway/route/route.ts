import type { FastifyBaseLogger } from 'fastify'
import { attempt } from '../call/attempt.ts'
import type { Answer, AttemptConfig, Call } from '../call/attempt.ts'
import type { Dialect } from '../call/dialect.ts'
import { pause } from '../call/pause.ts'
import { formatRetryAfter } from '../call/retry-after.ts'
import type { RetryConfig } from '../config.ts'
import { UpstreamError } from '../errors.ts'
import type { Latency } from './latency.ts'
import type { WatchAttempt } from '../observe/attempts.ts'
import { reportFailure, summary } from './report.ts'
import { Backoff, mayFallBack } from './retry.ts'
import type { Scope } from '../scope.ts'
import type { Scrub } from '../check/scrub.ts'
import type { Chain, ChainEntry } from './registry.ts'
import type { Trace } from '../observe/trace.ts'
import type { Upstream } from '../call/upstream.ts'

export interface RouterOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly config: AttemptConfig & { readonly retry: RetryConfig | false }
  readonly scrub: Scrub
  readonly log: FastifyBaseLogger
  /** Learns how long models take, where somebody wants to know. */
  readonly latency?: Latency | undefined
  /** Looks at each attempt, where there are metrics or spans. */
  readonly watch?: WatchAttempt | undefined
}

export type Route = (chain: Chain, call: Call, scope: Scope, trace: Trace) => Promise<Answer>

/**
 * Makes the function that gets an answer from somewhere: along the chain, on each entry with retries, each attempt past
 * the breaker. When it returns nothing has gone to the caller yet; afterwards nothing is tried again.
 */
export function createRoute({ upstreams, config, scrub, log, latency, watch }: RouterOptions): Route {
  return (chain, call, scope, trace) => {
    const [only] = chain
    return only !== undefined && chain.length === 1 ? callEntry(only, call, scope, trace) : along(chain, call, scope, trace)
  }

  async function along(chain: Chain, call: Call, scope: Scope, trace: Trace): Promise<Answer> {
    let failure: unknown
    for (const entry of chain) {
      try {
        return await callEntry(entry, call, scope, trace)
      } catch (error) {
        // An entry that was never asked has nothing to tell about one that was and failed.
        if (failure === undefined || !isUnsupported(error)) failure = error
        if (!mayFallBack(error) || scope.isOver) break
      }
    }
    throw failure
  }

  /** A request as one upstream takes it; one that it has no words for is a failure, but no attempt. */
  function translated(upstream: Upstream, call: Call, model: string, trace: Trace): ReturnType<Dialect['request']> {
    try {
      return upstream.dialect.request(call, model)
    } catch (error) {
      if (isUnsupported(error)) trace.failures.push(`${upstream.name}: ${summary(error)}`)
      throw error
    }
  }

  async function callEntry(entry: ChainEntry, call: Call, scope: Scope, trace: Trace): Promise<Answer> {
    const { model, serves } = entry
    const upstream = upstreams.get(entry.upstream)
    if (upstream === undefined) throw new Error(`no upstream is named "${entry.upstream}"`)
    // Before the breaker is asked.
    const request = translated(upstream, call, model, trace)
    let backoff: Backoff | undefined
    let failure: UpstreamError | undefined
    for (;;) {
      const admission = upstream.breaker.admit()
      // When the circuit opened under our own retries, the failure that opened it tells more than "open".
      if ('shed' in admission) throw failure ?? circuitOpen(admission.remainingMs)
      trace.attempts++
      trace.upstream = upstream.name
      trace.model = serves.name
      trace.served = serves
      const started = performance.now()
      const watched = watch?.({ upstream: upstream.name, model, call, trace, permit: admission.permit })
      try {
        const answer = await attempt(upstream, request, watched?.call ?? call, watched?.permit ?? admission.permit, scope, config, scrub)
        latency?.note(serves.name, answer, performance.now() - started)
        return answer
      } catch (error) {
        scope.throwIfOver()
        trace.failures.push(`${upstream.name}: ${summary(error)}`)
        reportFailure(log, { upstream: upstream.name, call, trace }, error)
        const waitMs = config.retry === false ? undefined : (backoff ??= new Backoff(config.retry)).next(error)
        // No sleep that ends behind the total time, and none that an open circuit makes pointless.
        if (waitMs === undefined || waitMs >= scope.remainingMs || upstream.breaker.state === 'open') throw error
        if (error instanceof UpstreamError) failure = error
        await pause(waitMs, scope.signal)
      }
    }
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof UpstreamError && error.kind === 'unsupported'
}

function circuitOpen(remainingMs: number): UpstreamError {
  return new UpstreamError('circuit-open', 'GW_ERR_CIRCUIT_OPEN', { headers: { 'retry-after': formatRetryAfter(remainingMs) } })
}
