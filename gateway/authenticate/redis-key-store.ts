import { randomUUID } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { z } from 'zod'
import { StoreLost } from '../stores/redis.ts'
import type { RedisStore } from '../stores/redis.ts'
import type { AdminConfig } from './admin.ts'
import { beats, keyRecord } from './key-record.ts'
import type { KeyRecord } from './key-record.ts'
import type { Keyring } from './keyring.ts'
import { keysUnavailable } from './key-store.ts'
import type { KeyStore } from './key-store.ts'

/** Every replica compares versions this often; a pub/sub message that was lost costs no more than this. */
const checkMs = 500
/** How long after a change every replica that reaches Redis knows it. */
const settleMs = 1_000
/** How long a start waits for the keys. Longer than Redis takes to connect; a replica that never listens cannot even say that it is not ready. */
const startMs = 2_000
/** Each conflict means that somebody else got through, so this many in a row is a queue for one id that nobody has. */
const maxTries = 50

/** Writes a record if it is still the one that was read; the version names the state of all records. */
const writeScript = `
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
local before = redis.call('GET', KEYS[2]) or ''
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('SET', KEYS[2], ARGV[4])
redis.call('PUBLISH', ARGV[5], cjson.encode({ before, ARGV[4], ARGV[3] }))
return 1`

const changedMessage = z.tuple([z.string(), z.string(), z.string()])

export interface RedisKeyStoreOptions {
  readonly redis: RedisStore
  readonly ring: Keyring
  readonly log: FastifyBaseLogger
  readonly config: Pick<AdminConfig, 'staleSeconds'>
}

/**
 * Shares changes of keys between replicas: one hash of records, one version, one channel. A change is told by pub/sub; because that
 * loses messages, versions are compared as well. Redis that comes back without what a replica still knows gets it back from there.
 */
export function createRedisKeyStore({ redis, ring, log, config }: RedisKeyStoreOptions): KeyStore {
  const { prefix } = redis.config
  const [recordsKey, versionKey, channel] = [`${prefix}keys`, `${prefix}keys:version`, `${prefix}keys:changed`]
  const first = Promise.withResolvers<void>()
  let seen: string | undefined
  let checking = false

  // Until the store was read, a key of the config may be one that is revoked.
  ring.trustFor(0)

  const write = async (raw: string | undefined, record: KeyRecord): Promise<boolean> =>
    (await redis.run(async (client) => client.eval(writeScript, 2, recordsKey, versionKey, record.id, raw ?? '', JSON.stringify(record), randomUUID(), channel))) === 1

  const parse = (raw: string | undefined): KeyRecord | undefined => {
    if (raw === undefined) return undefined
    const result = keyRecord.safeParse(jsonOf(raw))
    if (!result.success) log.warn('a key record in redis cannot be read')
    return result.data
  }

  async function storedRecords(): Promise<Map<string, string>> {
    const stored = new Map<string, string>()
    let cursor = '0'
    do {
      // In pages: one reply with thousands of records takes longer than a command may.
      const [next, page] = await redis.run(async (client) => client.hscan(recordsKey, cursor, 'COUNT', 200))
      for (let at = 0; at + 1 < page.length; at += 2) stored.set(page[at] ?? '', page[at + 1] ?? '')
      cursor = next
    } while (cursor !== '0')
    return stored
  }

  async function exchange(): Promise<void> {
    const stored = await storedRecords()
    for (const raw of stored.values()) {
      const record = parse(raw)
      if (record !== undefined) ring.merge(record)
    }
    for (const record of ring.records) {
      if (record.revision === 0) continue
      const raw = stored.get(record.id)
      const there = parse(raw)
      if (there === undefined || beats(record, there)) await write(raw, record)
    }
  }

  async function check(): Promise<void> {
    if (checking) return
    checking = true
    try {
      const version = (await redis.run(async (client) => client.get(versionKey))) ?? ''
      if (version !== seen) {
        // Read before the records: what changes in between is read again next time, instead of never.
        await exchange()
        seen = version
      }
      ring.trustFor(config.staleSeconds * 1_000)
      first.resolve()
    } catch (error) {
      // Redis logs its own loss; what is known stays in force until the trust runs out.
      if (!(error instanceof StoreLost)) log.error({ error: String(error) }, 'keys cannot be read')
    } finally {
      checking = false
    }
  }

  const subscriber = redis.subscriber()
  subscriber.on('message', (_channel: string, text: string) => {
    const message = changedMessage.safeParse(jsonOf(text))
    const record = parse(message.data?.[2])
    if (record === undefined) return
    ring.merge(record)
    // After a gap the version stays behind, and the next check reads everything.
    if (seen === message.data?.[0]) seen = message.data?.[1]
  })
  subscriber.subscribe(channel).catch(() => {})
  for (const client of [redis.client, subscriber]) client.on('ready', () => void check())
  const timer = setInterval(() => void check(), checkMs).unref()

  return {
    settleMs,
    async change(id, edit) {
      for (let tries = 0; tries < maxTries; tries++) {
        const raw = await redis.run(async (client) => client.hget(recordsKey, id)).catch(refuse)
        const there = parse(raw ?? undefined)
        const here = ring.get(id)
        const current = here === undefined || (there !== undefined && !beats(here, there)) ? there : here
        const next = edit(current)
        if (next === current) return next
        if (!(await write(raw ?? undefined, next).catch(refuse))) continue
        ring.merge(next)
        return next
      }
      throw keysUnavailable()
    },
    async ready() {
      let timeout: NodeJS.Timeout | undefined
      await Promise.race([first.promise, new Promise<void>((resolve) => (timeout = setTimeout(resolve, startMs)))])
      clearTimeout(timeout)
    },
    close: () => clearInterval(timer),
  }
}

function refuse(cause: unknown): never {
  throw keysUnavailable(undefined, cause)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
