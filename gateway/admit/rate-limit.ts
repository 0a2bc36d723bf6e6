import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import type { LimitState, RateLimits, RouteName } from '../policies.ts'
import { remembered } from '../remembered.ts'
import type { RedisStore } from '../stores/redis.ts'
import type { Caller } from '../turn.ts'
import { leakyBucket } from './algorithms/leaky-bucket.ts'
import { slidingWindow } from './algorithms/sliding-window.ts'
import { tokenBucket } from './algorithms/token-bucket.ts'
import { FallbackLimitStore } from './limit-store-fallback.ts'
import { MemoryLimitStore } from './limit-store-memory.ts'
import { RedisLimitStore } from './limit-store-redis.ts'
import type { Algorithm, LimitStore, Verdict } from './limit-store.ts'

// Once a day at the slowest, a million a second at the fastest: beyond, microseconds in a double are no longer exact.
const perSecond = z.number().min(1 / 86_400).max(1_000_000)
const count = z.int().min(1).max(100_000)
const rule = z.discriminatedUnion('algorithm', [
  z.strictObject({ algorithm: z.literal('token-bucket'), capacity: count, refillPerSecond: perSecond }),
  z.strictObject({ algorithm: z.literal('sliding-window'), limit: count, windowMs: z.int().min(1).max(86_400_000) }),
  z.strictObject({ algorithm: z.literal('leaky-bucket'), perSecond: perSecond.default(20), blockMs: z.int().min(0).max(86_400_000).default(2_000) }),
])
/** `false`: no limit. */
const limit = z.union([z.literal(false), rule])

export const rateLimitsConfig = z.strictObject({
  /** For every key without a rule of its own. */
  routes: z
    .strictObject({
      chat: limit.default({ algorithm: 'token-bucket', capacity: 60, refillPerSecond: 1 }),
      embeddings: limit.default({ algorithm: 'token-bucket', capacity: 120, refillPerSecond: 2 }),
      models: limit.default(false),
      jobs: limit.default(false),
    })
    .prefault({}),
  /** By id of the key; a route that is not named here keeps the rule of `routes`. */
  keys: z.record(z.string(), z.strictObject({ chat: limit.optional(), embeddings: limit.optional(), models: limit.optional(), jobs: limit.optional() })).default({}),
})
export type RateLimitRule = z.output<typeof rule>
export type RateLimitsConfig = z.output<typeof rateLimitsConfig>

export interface RateLimitOptions {
  readonly config: RateLimitsConfig
  readonly redis: RedisStore | undefined
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
}

/** Limits per key and route, counted in Redis when there is one and in this process otherwise. */
export function createRateLimits({ config, redis, log }: RateLimitOptions): RateLimits {
  const own = new MemoryLimitStore()
  const store: LimitStore = redis === undefined ? own : new FallbackLimitStore({ shared: new RedisLimitStore(redis), own, redis: redis.config, log })
  const defaults = algorithmsOf(config.routes)
  // A map: the id of a key may be "constructor".
  const keys = new Map(Object.entries(config.keys).map(([id, routes]) => [id, { ...defaults, ...algorithmsOf(routes) }]))
  const nameOf = remembered(({ id }: Caller) => encodeURIComponent(id.toWellFormed()))
  return {
    take(caller, route) {
      const algorithm = (keys.get(caller.id) ?? defaults)[route]
      if (algorithm === undefined) return undefined
      const verdict = store.take(algorithm, `${route}:${nameOf(caller)}`)
      return verdict instanceof Promise ? verdict.then(async (known) => held(algorithm, known)) : held(algorithm, verdict)
    },
  }
}

type Algorithms = { [Route in RouteName]?: Algorithm<object> | undefined }

function algorithmsOf(routes: { readonly [Route in RouteName]?: RateLimitRule | false | undefined }): Algorithms {
  const made: Algorithms = {}
  for (const [route, one] of Object.entries(routes) as [RouteName, RateLimitRule | false | undefined][]) {
    if (one !== undefined) made[route] = one === false ? undefined : algorithmOf(one)
  }
  return made
}

/** The algorithm that a rule asks for. */
export function algorithmOf(one: RateLimitRule): Algorithm<object> {
  switch (one.algorithm) {
    case 'token-bucket':
      return tokenBucket(one.capacity, one.refillPerSecond)
    case 'sliding-window':
      return slidingWindow(one.limit, one.windowMs)
    case 'leaky-bucket':
      return leakyBucket(one.perSecond, one.blockMs)
  }
}

function held(algorithm: Algorithm<object>, verdict: Verdict | undefined): Promise<LimitState> | LimitState | undefined {
  if (verdict === undefined) return undefined
  const { allowed, remaining, resetUs, retryUs, waitUs } = verdict
  const state = { limit: algorithm.limit, remaining, resetMs: resetUs / 1000, retryMs: retryUs / 1000, allowed }
  // A timer is no finer than that.
  return waitUs < 1_000 ? state : sleep(waitUs / 1000, state)
}
