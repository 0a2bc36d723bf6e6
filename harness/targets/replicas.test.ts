import { expect, test } from 'vitest'
import { Target } from '../../schemas/config.ts'
import { resolveAmount } from '../scenario.ts'
import { ofAllReplicas } from './replicas.ts'

const target = (replicas: number, shared: boolean) =>
  Target.parse({ launch: { command: 'gateway', replicas }, claims: { features: ['chat', 'cache', 'queue'], cache: { shared }, queue: { concurrency: 4, waiting: 10 }, breaker: { failures: 5, cooldownMs: 1000 } } })

test('one replica claims what it claims', () => {
  const one = target(1, false)
  expect(ofAllReplicas(one)).toBe(one)
})

test('what each counts for itself adds up', () => {
  expect(ofAllReplicas(target(3, true)).claims).toMatchObject({ features: ['chat', 'cache', 'queue'], queue: { concurrency: 12, waiting: 30 }, breaker: { failures: 15, probes: 3, cooldownMs: 1000 } })
})

test('limits add up where each counts for itself, which is known when they are asked for', () => {
  const claims = { features: ['rate-limit'], rateLimit: { burst: 3, perSecond: 2 } } as const
  const limited = (shared: boolean) => ofAllReplicas(Target.parse({ launch: { command: 'gateway', replicas: 2 }, claims: { ...claims, rateLimit: { ...claims.rateLimit, shared } } })).claims
  expect([false, true].map((shared) => resolveAmount({ claim: 'limit.burst' }, limited(shared)))).toEqual([6, 3])
  expect(limited(true).rateLimit).toMatchObject({ burst: 3, perSecond: 2, counters: 2 })
})

test('answers that each keeps for itself are no cache of all', () => {
  expect(ofAllReplicas(target(2, false)).claims.features).toEqual(['chat', 'queue'])
})
