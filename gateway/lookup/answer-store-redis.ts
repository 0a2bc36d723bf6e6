import type { RedisStore } from '../stores/redis.ts'
import { Together } from '../stores/together.ts'
import type { AnswerStore, Kept } from './answer-store.ts'
import type { RequestKey } from './cache-key.ts'

/**
 * Bytes on their way to Redis at a time; answers beyond that are not kept. Limits and budgets share the connection: what they ask waits
 * behind these bytes, and must not wait so long that Redis is taken for lost.
 */
const maxPendingBytes = 4_194_304

/** ARGV: the answers of the keys in their order, and behind them for how long, in seconds. */
const keepScript = `
for nth, key in ipairs(KEYS) do redis.call('SET', key, ARGV[nth], 'EX', ARGV[#ARGV]) end
`

interface Scripts {
  keepAnswers(keys: number, ...args: readonly (string | number)[]): Promise<null>
}

/** What is written, and under which name. */
interface Entry {
  readonly name: string
  readonly value: string
}

// There is one thing to ask about: the answers.
const isSame = (): boolean => true

/**
 * Keeps answers where all replicas find them; what requests of one turn of the event loop look for is one command, and what they keep one more. How much
 * Redis holds in all is for its own `maxmemory` and eviction to say; each answer goes after `keepSeconds`. What is kept under another `salt` is not seen.
 */
export function createRedisStore(redis: RedisStore, keepSeconds: number, salt: string): AnswerStore {
  // A name is seen by everybody who may look into Redis: never the prompt itself.
  const name = (key: RequestKey): string => `${redis.config.prefix}answer:${salt}:${key.digest}`
  redis.client.defineCommand('keepAnswers', { lua: keepScript })
  const scripts = redis.client as unknown as Scripts
  const getting = new Together<undefined, string, string | null>(redis, isSame, async (_all, names) => redis.run(async (client) => client.mget(...names)))
  const putting = new Together<undefined, Entry, undefined>(redis, isSame, async (_all, entries) => {
    await redis.run(async () => scripts.keepAnswers(entries.length, ...entries.map((entry) => entry.name), ...entries.map(({ value }) => value), keepSeconds))
    return entries.map(() => undefined)
  })
  let pendingBytes = 0
  return {
    async get(key) {
      try {
        const value = await getting.ask(undefined, name(key))
        return value === null ? undefined : decode(value)
      } catch {
        return undefined
      }
    },
    put(key, { kind, at, text, bytes }) {
      if (pendingBytes + bytes > maxPendingBytes) return
      pendingBytes += bytes
      const isDone = (): void => void (pendingBytes -= bytes)
      // What is lost is not kept, then.
      putting.ask(undefined, { name: name(key), value: `${kind} ${at}\n${text}` }).then(isDone, isDone)
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
