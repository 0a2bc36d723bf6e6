import { setImmediate } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import { Waits } from './waits.ts'

/** How long a health check waits for Redis; the whole check must stay under 100 ms. */
const pingMs = 64

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
  /** Calls back when commands of this turn of the event loop are about to be written; what is asked for then goes with them. At once while Redis is away. */
  atTurnEnd(then: () => void): void
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
    // Who is slow to greet would be slow to serve and is not let in. From here on the deadlines of `run` count, which are the truer ones and cost no timer for each command.
    delete client.options.commandTimeout
    note(true)
  })
  client.on('close', () => {
    client.options.commandTimeout = greetingMs
    note(false)
  })
  client.on('error', () => {})
  const waits = new Waits(config.commandMs)
  const probes = new Waits(pingMs)
  let words = 0
  let corked: typeof client.stream | undefined
  let endings: (() => void)[] = []
  // Commands of one turn of the event loop share one write. Not by ioredis's own pipelining: what that makes for them costs more than the writes it saves.
  const gather = (): void => {
    const { stream } = client
    if (stream === corked) return
    corked = stream
    stream.cork()
    globalThis.setImmediate(() => {
      const due = endings
      endings = []
      for (const then of due) then()
      if (stream === corked) corked = undefined
      stream.uncork()
    })
  }
  const run: RedisStore['run'] = async (commands) => {
    if (client.status !== 'ready' || performance.now() < lostUntil) throw new StoreLost('redis is down')
    gather()
    return new Promise((resolve, reject) => {
      const end = waits.begin(() => {
        lost()
        reject(new StoreLost(`redis did not answer within ${config.commandMs} ms`))
      })
      commands(client).then((value) => (end() ? resolve(value) : undefined), (error: unknown) => {
        // Of what was given up nobody wants to know any more.
        if (!end()) return
        if (client.status !== 'ready' || isReplica(error)) lost()
        reject(new StoreLost('redis failed a command', { cause: error }))
      })
    })
  }
  return {
    config,
    client,
    run,
    atTurnEnd(then) {
      if (client.status !== 'ready') return then()
      endings.push(then)
      gather()
    },
    subscriber() {
      const extra = client.duplicate({ enableOfflineQueue: true, maxRetriesPerRequest: null, commandTimeout: undefined as unknown as number, lazyConnect: false })
      extra.on('error', () => {})
      subscribers.push(extra)
      return extra
    },
    async ping() {
      // Judged as any other command: a probe is in more of a hurry than requests may be, and must not close the connection under them.
      const word = `${++words}`
      const asked = run(async () => client.ping(word)).then((answer) => {
        // The reply to an earlier command: one was lost, and this connection is behind for ever.
        if (answer !== word) lost()
        return answer === word
        // Not in this turn of the event loop: whoever asks until Redis is there would never let it come.
      }, async () => setImmediate(false))
      return new Promise((resolve) => {
        const end = probes.begin(() => resolve(false))
        void asked.then((isThere) => resolve(end() && isThere))
      })
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
