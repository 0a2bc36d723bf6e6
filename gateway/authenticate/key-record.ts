import { hash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { GatewayError } from '../errors.ts'

/** So many older keys of one id may be in their overlap at a time. */
const maxRetiring = 8

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const time = z.int().min(0)

/**
 * All that is kept of one caller key, in memory and in Redis; never the key itself. Times are Unix milliseconds, by the clock of
 * the replica that made the change. A record of a config key exists from its first change on and then counts instead of the config.
 */
export const keyRecord = z.object({
  id: z.string().min(1),
  tenant: z.string().min(1),
  source: z.enum(['config', 'admin']),
  /** How many changes were made; 0 is a config key as configured. */
  revision: z.int().min(0),
  /** Null when nobody knows: the key stands in a config. */
  createdAt: time.nullable(),
  sha256,
  /** Keys from before a rotation, valid until their time. */
  retiring: z.array(z.object({ sha256, createdAt: time.nullable(), expiresAt: time })).max(maxRetiring),
  revokedAt: time.nullable(),
})
export type KeyRecord = z.output<typeof keyRecord>

/** A key that nobody can guess: 32 random bytes. */
export function newKey(): { readonly key: string; readonly sha256: string } {
  const key = `gw-${randomBytes(32).toString('base64url')}`
  return { key, sha256: hash('sha256', key) }
}

/** The record of a key that did not exist; throws GW_ERR_KEY_EXISTS when it does, revoked or not. */
export function created(current: KeyRecord | undefined, { id, tenant, sha256: digest, now }: { readonly id: string; readonly tenant: string; readonly sha256: string; readonly now: number }): KeyRecord {
  if (current !== undefined) throw new GatewayError('GW_ERR_KEY_EXISTS')
  return { id, tenant, source: 'admin', revision: 1, createdAt: now, sha256: digest, retiring: [], revokedAt: null }
}

/**
 * The record with a new key. What was valid before stays so until `until`, or until an earlier rotation said; with `until` in the past not
 * even that, which is what somebody wants whose key has leaked. A revoked key is never brought back: throws GW_ERR_KEY_CONFLICT.
 */
export function rotated(current: KeyRecord, { sha256: digest, until, now }: { readonly sha256: string; readonly until: number; readonly now: number }): KeyRecord {
  if (current.revokedAt !== null) throw new GatewayError('GW_ERR_KEY_CONFLICT', { message: 'This key is revoked. Create one with another id.' })
  const older = [...current.retiring, { sha256: current.sha256, createdAt: current.createdAt, expiresAt: Infinity }]
  const retiring = older.map((entry) => ({ ...entry, expiresAt: Math.min(entry.expiresAt, until) })).filter((entry) => entry.expiresAt > now)
  if (retiring.length > maxRetiring) {
    throw new GatewayError('GW_ERR_KEY_CONFLICT', { message: `${maxRetiring} older keys of this id are valid until their overlap ends. Wait, or end them with \`overlapSeconds\` 0.` })
  }
  return { ...current, revision: current.revision + 1, createdAt: now, sha256: digest, retiring }
}

/** The record without any valid key. */
export function revoked(current: KeyRecord, now: number): KeyRecord {
  return current.revokedAt === null ? { ...current, revision: current.revision + 1, retiring: [], revokedAt: now } : current
}

/**
 * Which of two records of one id holds when a replica and the store differ, as after a Redis that forgot its last writes. Revoked beats
 * everything because nothing ever follows a revocation, whatever was counted elsewhere meanwhile.
 */
export function beats(one: KeyRecord, other: KeyRecord): boolean {
  const isRevoked = one.revokedAt !== null
  return isRevoked === (other.revokedAt !== null) ? one.revision > other.revision : isRevoked
}
