import type { Circuit } from '../call/breaker.ts'
import { pause } from '../call/pause.ts'
import type { Upstream } from '../call/upstream.ts'
import { UpstreamError } from '../errors.ts'
import type { GatewayError } from '../errors.ts'
import type { Turn } from '../turn.ts'

/**
 * What a failed request may wait for within `ms`, if there is anything: a wait that resolves with whether another try has better chances
 * now. It rejects with the reason of the request's own scope.
 */
export type WaitFor = (turn: Pick<Turn, 'model' | 'scope'>, failure: GatewayError, ms: number) => (() => Promise<boolean>) | undefined

/** How often a request that found the line full looks again, in the mean. */
const lookAgainMs = 100

export function createWaitFor(upstreams: ReadonlyMap<string, Upstream>): WaitFor {
  return ({ model, scope }, failure, ms) => {
    if (ms <= 0) return undefined
    if (failure.id === 'GW_ERR_OVERLOADED') return async () => passed(Math.min(ms, lookAgainMs * (0.5 + Math.random())), scope.signal)
    const circuits = new Set(model.chain.map(({ upstream }) => upstreams.get(upstream)?.breaker))
    const broken = [...circuits].filter((circuit) => circuit !== undefined && circuit.state !== 'closed') as Circuit[]
    if (broken.length > 0) {
      const soon = broken.filter(({ leastWaitMs }) => leastWaitMs <= ms)
      return soon.length === 0 ? undefined : async () => firstAdmitting(soon, ms, scope.signal)
    }
    // With every circuit closed there is only the time that the upstream itself has named.
    const asked = failure instanceof UpstreamError ? failure.retryAfterMs : undefined
    return asked === undefined || asked > ms ? undefined : async () => passed(asked + 1, scope.signal)
  }
}

async function passed(ms: number, signal: AbortSignal): Promise<true> {
  await pause(ms, signal)
  return true
}

/** True with the first circuit that admits, false when none does within `ms`. */
async function firstAdmitting(circuits: readonly Circuit[], ms: number, signal: AbortSignal): Promise<boolean> {
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const tooLong = new Error('not within the time')
  try {
    return await Promise.any(circuits.map(async (circuit) => (await circuit.whenAdmitting(ms, either)) || Promise.reject(tooLong)))
  } catch (error) {
    const unexpected = (error as AggregateError).errors.find((one) => one !== tooLong) as unknown
    if (unexpected !== undefined) throw unexpected
    return false
  } finally {
    over.abort()
  }
}
