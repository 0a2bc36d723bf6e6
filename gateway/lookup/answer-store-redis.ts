import type { RedisStore } from '../stores/redis.ts'
import type { AnswerStore, Kept } from './answer-store.ts'
import type { RequestKey } from './cache-key.ts'

/**
 * Bytes on their way to Redis at a time; answers beyond that are not kept. Limits and budgets share the connection: what they ask waits
 * behind these bytes, and must not wait so long that Redis is taken for lost.
 */
const maxPendingBytes = 4_194_304

/** Keeps answers where all replicas find them. How much Redis holds in all is for its own `maxmemory` and eviction to say; each answer goes after `keepSeconds`. What is kept under another `salt` is not seen. */
export function createRedisStore(redis: RedisStore, keepSeconds: number, salt: string): AnswerStore {
  // A name is seen by everybody who may look into Redis: never the prompt itself.
  const name = (key: RequestKey): string => `${redis.config.prefix}answer:${salt}:${key.digest}`
  let pendingBytes = 0
  const write = async (key: RequestKey, value: string, bytes: number): Promise<void> => {
    pendingBytes += bytes
    try {
      await redis.run(async (client) => client.set(name(key), value, 'EX', keepSeconds))
    } catch {
      // Not kept, then.
    } finally {
      pendingBytes -= bytes
    }
  }
  return {
    async get(key) {
      try {
        const value = await redis.run(async (client) => client.get(name(key)))
        return value === null ? undefined : decode(value)
      } catch {
        return undefined
      }
    },
    put(key, { kind, at, text, bytes }) {
      if (pendingBytes + bytes <= maxPendingBytes) void write(key, `${kind} ${at}\n${text}`, bytes)
    },
  }
}

/** Undefined for what this version did not write. */
function decode(value: string): Kept | undefined {
  const end = value.indexOf('\n')
  const [, kind, at] = /^(json|stream) (\d{1,15})$/.exec(value.slice(0, Math.max(0, end))) ?? []
  if (at === undefined) return undefined
  const text = value.slice(end + 1)
  return { kind: kind === 'json' ? 'json' : 'stream', at: Number(at), text, bytes: Buffer.byteLength(text) }
}
