import type { Target } from '../../schemas/config.ts'
import type { Launched } from '../components/process.ts'

/**
 * The target with the claims of all its replicas together: what each counts for itself adds up when requests take turns. A circuit that
 * opens after 5 failures has let 10 through when there are two of it, and two probes go out when both are half-open.
 */
export const ofAllReplicas = (target: Target): Target => {
  const replicas = target.launch?.replicas ?? 1
  const { breaker, rateLimit, queue, cache } = target.claims
  if (replicas === 1) return target
  const added = { breaker: { ...breaker, failures: breaker.failures * replicas, probes: breaker.probes * replicas }, rateLimit: { ...rateLimit, counters: rateLimit.counters * replicas }, queue: { concurrency: queue.concurrency * replicas, waiting: queue.waiting * replicas } }
  // What one replica keeps for itself another has to ask for: together they have no cache.
  const features = cache.shared ? target.claims.features : target.claims.features.filter((feature) => feature !== 'cache')
  return { ...target, claims: { ...target.claims, ...added, features } }
}

/** Replicas as one process: a signal goes to all, they have exited when all have, and badly when one did. */
export const together = (processes: readonly Launched[]): Launched => ({
  pid: processes[0]?.pid ?? 0,
  exited: Promise.all(processes.map((p) => p.exited)).then((exits) => exits.find((e) => e.code !== 0) ?? exits[0] ?? { code: null, signal: null }),
  kill: (signal) => processes.map((p) => p.kill(signal)).every(Boolean),
  [Symbol.asyncDispose]: async () => void (await Promise.all(processes.map((p) => p[Symbol.asyncDispose]()))),
})
