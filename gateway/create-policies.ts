import type { FastifyBaseLogger } from 'fastify'
import { createBudgets } from './admit/budget.ts'
import { MemoryBudgetStore } from './admit/budget-store-memory.ts'
import { RedisBudgetStore } from './admit/budget-store-redis.ts'
import { SlotQueue } from './admit/queue.ts'
import { createRateLimits } from './admit/rate-limit.ts'
import type { Upstream } from './call/upstream.ts'
import { createOutputCheck } from './check/output-check.ts'
import type { Config } from './config.ts'
import { createCache } from './lookup/cache.ts'
import { createCoalescing } from './lookup/coalesce.ts'
import type { Policies } from './policies.ts'
import { createDegradation } from './route/degrade.ts'
import type { Registry } from './route/registry.ts'
import type { Route } from './route/route.ts'
import type { RedisStore } from './stores/redis.ts'
import { createInputLimits } from './validate/input-limits.ts'

export interface PolicyOptions {
  readonly config: Config
  /** Where replicas share what they count and keep; without it each has its own memory. */
  readonly redis: RedisStore | undefined
  readonly registry: Registry
  readonly upstreams: ReadonlyMap<string, Upstream>
  /** Asks upstreams on the gateway's own behalf, past every other policy. */
  readonly route: Route
  readonly log: FastifyBaseLogger
}

/** Makes the policies that the config switches on. */
export function createPolicies(options: PolicyOptions): Policies {
  const { config, redis, registry, upstreams, log } = options
  const cache = config.cache === false ? undefined : createCache(config.cache, options)
  return {
    rateLimits: config.rateLimits === false ? undefined : createRateLimits({ config: config.rateLimits, redis, log }),
    budgets: config.budgets === false ? undefined : createBudgets(config.budgets, redis === undefined ? new MemoryBudgetStore() : new RedisBudgetStore(redis, config.timeouts.totalMs)),
    queue: config.queue === false ? undefined : new SlotQueue(config.queue),
    cache,
    coalescing: config.coalesce ? createCoalescing() : undefined,
    degradation: config.degrade === false ? undefined : createDegradation({ config: config.degrade, registry, upstreams, cache }),
    inputLimits: config.input === false ? undefined : createInputLimits(config.input),
    output: config.output === false ? undefined : createOutputCheck(config.output),
  }
}
