import type { FastifyRequest } from 'fastify'
import { formatRetryAfter } from '../call/retry-after.ts'
import { GatewayError } from '../errors.ts'
import type { LimitState, RateLimits, RouteName } from '../policies.ts'
import type { Answering } from '../turn.ts'

/**
 * Counts a request whose caller is known, before its body is read; sets `X-RateLimit-*`, throws GW_ERR_RATE_LIMITED, holds back what a leaky bucket lets in later.
 * Returns nothing when there is nothing to wait for.
 */
export function limitRate(limits: RateLimits, { caller, head, route: { url } }: FastifyRequest): Promise<void> | undefined {
  const route = routeName(url)
  if (route === undefined) return undefined
  const taken = limits.take(caller, route)
  if (taken instanceof Promise) return taken.then((state) => judged(state, head))
  judged(taken, head)
  return undefined
}

function judged(state: LimitState | undefined, head: Answering): void {
  if (state === undefined) return
  const headers = limitHeaders(state)
  for (const name in headers) head.header(name, headers[name] ?? '')
  if (!state.allowed) throw new GatewayError('GW_ERR_RATE_LIMITED', { headers: { 'retry-after': formatRetryAfter(state.retryMs) } })
}

/** Under the usual names, with the reset in whole seconds rounded up, and under OpenAI's own, with the reset as a Go duration. */
export function limitHeaders({ limit: most, remaining, resetMs }: LimitState): Record<string, string> {
  return {
    'x-ratelimit-limit': String(most),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(Math.ceil(resetMs / 1000)),
    'x-ratelimit-limit-requests': String(most),
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': goDuration(resetMs),
  }
}

/** Which limit a route of the gateway has, by the pattern it was registered with. */
function routeName(url = ''): RouteName | undefined {
  switch (url) {
    case '/v1/chat/completions':
      return 'chat'
    case '/v1/embeddings':
      return 'embeddings'
    case '/v1/models':
    case '/v1/models/*':
      return 'models'
    default:
      return url.startsWith('/v1/jobs') ? 'jobs' : undefined
  }
}

function goDuration(resetMs: number): string {
  const ms = Math.ceil(resetMs)
  if (ms > 0 && ms < 1_000) return `${ms}ms`
  const minutes = Math.floor(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${(ms % 60_000) / 1000}s`
}
