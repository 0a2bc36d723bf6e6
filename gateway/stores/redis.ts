import { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'

/** How long a health check waits for Redis; the whole check must stay under 100 ms. */
const pingMs = 64
/** When a command is given up for which nobody waits any more: behind the longest `commandMs`, or a lost connection would pass for a failed command. */
const settledMs = 2_000

export const redisConfig = z.strictObject({
  url: z.url({ protocol: /^rediss?$/ }),
  required: z.boolean().default(true),
  /** The longest that one request waits for one command; the declared cap when Redis is slow or paused. */
  commandMs: z.int().min(1).max(1_000).default(75),
  /** After a command was lost, requests do not ask again for this long: one slow request, not one per request. */
  retryMs: z.int().min(1).default(500),
  /** What limits and budgets do without Redis: let everything through, nothing, or count in this replica alone. */
  whenLost: z.enum(['open', 'closed', 'local']).default('local'),
  prefix: z.string().max(100).default('gateway:'),
})
export type RedisConfig = z.output<typeof redisConfig>

/** Redis is away, too slow, or answered with an error; the caller's declared policy decides what that means. */
export class StoreLost extends Error {
  override readonly name = 'StoreLost'
}

/** The one connection to Redis. Its loss is a state to report and a {@link StoreLost} to handle, never a crash. */
export interface RedisStore {
  readonly config: RedisConfig
  /** For libraries that bring their own commands; it fails fast while the connection is down. */
  readonly client: Redis
  /** Runs commands within `commandMs`, else throws {@link StoreLost}; at once while Redis is known to be lost. */
  run<T>(commands: (client: Redis) => Promise<T>): Promise<T>
  /** A second connection for subscriptions, which close with the store. */
  subscriber(): Redis
  ping(): Promise<boolean>
  close(): void
}

/** Connects to Redis in the background and keeps trying. */
export function connectRedis(config: RedisConfig, log: FastifyBaseLogger): RedisStore {
  const greetingMs = Math.max(pingMs, config.commandMs)
  const client = new Redis(config.url, {
    // Commands fail at once while the connection is down: a queue would answer a health check with old news.
    enableOfflineQueue: false,
    // Commands of one turn of the event loop share one write and one read.
    enableAutoPipelining: true,
    maxRetriesPerRequest: 0,
    commandTimeout: greetingMs,
    connectTimeout: 1_000,
    disconnectTimeout: pingMs,
    retryStrategy: (tries) => Math.min(100 * tries, 500),
  })
  let up: boolean | undefined
  let lostUntil = 0
  const subscribers: Redis[] = []
  const note = (now: boolean): void => {
    if (now) lostUntil = 0
    if (up === now) return
    up = now
    if (now) log.info('redis is up')
    else log.warn('redis is down')
  }
  // Replies are matched by order: once one was lost on the way, a kept connection would be late for ever.
  const lost = (): void => {
    lostUntil = performance.now() + config.retryMs
    if (client.status === 'ready') client.disconnect(true)
  }
  // One line per change: ioredis raises an error at every attempt to connect, for as long as Redis is away.
  client.on('ready', () => {
    // Who is slow to greet would be slow to serve and is not let in. From here on the deadlines of `within` count, which are the truer ones.
    client.options.commandTimeout = settledMs
    note(true)
  })
  client.on('close', () => {
    client.options.commandTimeout = greetingMs
    note(false)
  })
  client.on('error', () => {})
  const run: RedisStore['run'] = async (commands) => {
    if (client.status !== 'ready' || performance.now() < lostUntil) throw new StoreLost('redis is down')
    try {
      return await within(config.commandMs, commands(client))
    } catch (error) {
      if (error instanceof StoreLost || client.status !== 'ready' || isReplica(error)) lost()
      throw error instanceof StoreLost ? error : new StoreLost('redis failed a command', { cause: error })
    }
  }
  return {
    config,
    client,
    run,
    subscriber() {
      const extra = client.duplicate({ enableOfflineQueue: true, enableAutoPipelining: false, maxRetriesPerRequest: null, commandTimeout: undefined as unknown as number, lazyConnect: false })
      extra.on('error', () => {})
      subscribers.push(extra)
      return extra
    },
    async ping() {
      const asked = client.ping()
      // Judged as any other command: a probe is in more of a hurry than requests may be, and must not close the connection under them.
      run(async () => asked).catch(() => {})
      try {
        return (await within(pingMs, asked)) === 'PONG'
      } catch {
        return false
      }
    },
    close: () => {
      for (const one of subscribers) one.disconnect()
      client.disconnect()
    },
  }
}

// After a failover the name stands for another server, but the connection is still to the one that takes no writes any more.
function isReplica(error: unknown): boolean {
  return error instanceof Error && error.message.includes('READONLY')
}

// In quarters: timers run before replies are read, so after a stall of this process one timer would call an answer late that has long
// been here, and under load every replica would lose Redis just when the limits are needed. A stall uses up one quarter at most.
async function within<T>(ms: number, asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    let quarters = 0
    const tick = (): void => {
      if (++quarters > 4) reject(new StoreLost(`redis did not answer within ${ms} ms`))
      else timer = setTimeout(tick, Math.ceil(ms / 4))
    }
    tick()
  })
  asked.catch(() => {})
  try {
    return await Promise.race([asked, late])
  } finally {
    clearTimeout(timer)
  }
}
