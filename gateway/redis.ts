import { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'

/** How long a health check waits for Redis; the whole check must stay under 100 ms. */
const pingMs = 75

export interface RedisProbe {
  ping(): Promise<boolean>
  close(): void
}

/** Connects to Redis in the background and keeps trying. Its loss is a state to report, never an exception. */
export function connectRedis(url: string, log: FastifyBaseLogger): RedisProbe {
  const client = new Redis(url, {
    // Commands fail at once while the connection is down: a queue would answer a health check with old news.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: pingMs,
    connectTimeout: 1_000,
    disconnectTimeout: pingMs,
    retryStrategy: (tries) => Math.min(100 * tries, 500),
  })
  let up: boolean | undefined
  const note = (now: boolean): void => {
    if (up === now) return
    up = now
    if (now) log.info('redis is up')
    else log.warn('redis is down')
  }
  // One line per change: ioredis raises an error at every attempt to connect, for as long as Redis is away.
  client.on('ready', () => note(true))
  client.on('close', () => note(false))
  client.on('error', () => {})
  return {
    async ping() {
      try {
        return (await client.ping()) === 'PONG'
      } catch {
        // Replies are matched by order: once one was lost on the way, a kept connection would be late for ever.
        if (client.status === 'ready') client.disconnect(true)
        return false
      }
    },
    close: () => client.disconnect(),
  }
}
