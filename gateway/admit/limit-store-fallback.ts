import type { FastifyBaseLogger } from 'fastify'
import { formatRetryAfter } from '../call/retry-after.ts'
import { GatewayError } from '../errors.ts'
import { StoreLost } from '../stores/redis.ts'
import type { RedisConfig } from '../stores/redis.ts'
import type { MemoryLimitStore } from './limit-store-memory.ts'
import type { Algorithm, LimitStore, Verdict } from './limit-store.ts'

export interface FallbackOptions {
  readonly shared: LimitStore
  /** What this replica knows by itself. */
  readonly own: MemoryLimitStore
  readonly redis: Pick<RedisConfig, 'whenLost' | 'retryMs'>
  readonly log: Pick<FastifyBaseLogger, 'info' | 'warn'>
}

/** The shared count, and what `redis.whenLost` declares when it cannot be had. */
export class FallbackLimitStore implements LimitStore {
  readonly #options: FallbackOptions
  #lost = false

  constructor(options: FallbackOptions) {
    this.#options = options
  }

  async take(algorithm: Algorithm<object>, bucket: string): Promise<Verdict | undefined> {
    const { shared, own, redis } = this.#options
    try {
      const verdict = await shared.take(algorithm, bucket)
      this.#note(false)
      // Noted here as well, so that the loss of Redis is not a fresh burst for everybody: a replica then starts with what it has let in itself.
      if (redis.whenLost === 'local' && verdict?.allowed === true) own.record(algorithm, bucket)
      return verdict
    } catch (error) {
      if (!(error instanceof StoreLost)) throw error
      this.#note(true)
      if (redis.whenLost === 'closed') throw new GatewayError('GW_ERR_LIMITS_UNAVAILABLE', { headers: { 'retry-after': formatRetryAfter(redis.retryMs) }, cause: error })
      return redis.whenLost === 'local' ? own.take(algorithm, bucket) : undefined
    }
  }

  #note(lost: boolean): void {
    if (this.#lost === lost) return
    this.#lost = lost
    const { log, redis } = this.#options
    if (lost) log.warn({ whenLost: redis.whenLost }, 'rate limits are not shared: redis is lost')
    else log.info('rate limits are shared')
  }
}
