import { setTimeout as sleep } from 'node:timers/promises'
import { attempt } from './attempt.ts'
import type { Answer, AttemptConfig, Call } from './attempt.ts'
import type { Config, RetryConfig } from './config.ts'
import { UpstreamError } from './errors.ts'
import { Backoff, mayFallBack } from './retry.ts'
import { formatRetryAfter } from './retry-after.ts'
import type { RequestScope } from './scope.ts'
import type { Scrub } from './scrub.ts'
import type { Trace } from './trace.ts'
import type { Upstream } from './upstream.ts'

export type Chain = Config['models'][string]['chain']

export interface RouterOptions {
  readonly upstreams: ReadonlyMap<string, Upstream>
  readonly config: AttemptConfig & { readonly retry: RetryConfig | false }
  readonly scrub: Scrub
}

export type Route = (chain: Chain, call: Call, scope: RequestScope, trace: Trace) => Promise<Answer>

/**
 * Makes the function that gets an answer from somewhere: along the chain, on each entry with retries, each attempt past
 * the breaker. When it returns nothing has gone to the caller yet; afterwards nothing is tried again.
 */
export function createRoute({ upstreams, config, scrub }: RouterOptions): Route {
  return async (chain, call, scope, trace) => {
    let failure: unknown
    for (const entry of chain) {
      const upstream = upstreams.get(entry.upstream)
      if (upstream === undefined) throw new Error(`no upstream is named "${entry.upstream}"`)
      try {
        return await callEntry(upstream, entry.model, call, scope, trace)
      } catch (error) {
        failure = error
        if (!mayFallBack(error) || scope.signal.aborted) break
      }
    }
    throw failure
  }

  async function callEntry(upstream: Upstream, model: string, call: Call, scope: RequestScope, trace: Trace): Promise<Answer> {
    const backoff = new Backoff(config.retry)
    let failure: UpstreamError | undefined
    for (;;) {
      const admission = upstream.breaker.admit()
      // When the circuit opened under our own retries, the failure that opened it tells more than "open".
      if ('shed' in admission) throw failure ?? circuitOpen(admission.remainingMs)
      trace.attempts++
      trace.upstream = upstream.name
      try {
        return await attempt(upstream, model, call, admission.permit, scope.signal, config, scrub)
      } catch (error) {
        scope.signal.throwIfAborted()
        trace.failures.push(`${upstream.name}: ${summary(error)}`)
        const waitMs = backoff.next(error)
        // No sleep that ends behind the total time, and none that an open circuit makes pointless.
        if (waitMs === undefined || waitMs >= scope.remainingMs || upstream.breaker.state === 'open') throw error
        if (error instanceof UpstreamError) failure = error
        await pause(waitMs, scope.signal)
      }
    }
  }
}

// Codes only: messages of the network layer hold addresses.
function summary(error: unknown): string {
  if (!(error instanceof UpstreamError)) return 'GW_ERR_INTERNAL'
  const code = (error.cause as { code?: unknown } | undefined)?.code
  return [error.id, error.kind === 'status' ? error.status : error.kind, ...(typeof code === 'string' && /^[A-Z_]{1,40}$/.test(code) ? [code] : [])].join(' ')
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}

function circuitOpen(remainingMs: number): UpstreamError {
  return new UpstreamError('circuit-open', 'GW_ERR_CIRCUIT_OPEN', { headers: { 'retry-after': formatRetryAfter(remainingMs) } })
}
