import { hash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../errors.ts'
import type { Caller } from '../turn.ts'
import type { AdminConfig } from './admin.ts'
import type { Keyring } from './keyring.ts'
import { keysUnavailable } from './key-store.ts'

/**
 * Says whose key was sent; `forAdmin` when the route is one of key management. Throws GW_ERR_INVALID_KEY, GW_ERR_FORBIDDEN for a caller
 * on an admin route, and GW_ERR_KEYS_UNAVAILABLE while nobody can know what is revoked.
 */
export type Authenticate = (request: Asking, forAdmin: boolean) => Caller

type Asking = Pick<IncomingMessage, 'headers' | 'rawHeaders' | 'socket'>

/** Who has the admin key. No caller key has this id, no limit and no budget is ever asked for it. */
const administrator: Caller = { id: '(admin)', tenant: '(admin)' }

/** Makes the check of keys. Knows hashes only, and of each open connection what it sent last. */
export function createAuthenticate(ring: Pick<Keyring, 'find' | 'trusted'>, admin: Pick<AdminConfig, 'sha256'> | false): Authenticate {
  const adminDigest = admin === false ? undefined : Buffer.from(admin.sha256, 'hex')
  // A connection sends the same key again and again, which is held here no longer than it lasts. Who has the key is looked up each time: it may have been revoked.
  const lastSent = new WeakMap<object, { readonly presented: string; readonly digest: Buffer }>()

  function digestOf(presented: string, { socket }: Asking): Buffer {
    const last = lastSent.get(socket)
    if (last?.presented === presented) return last.digest
    const digest = hash('sha256', presented, 'buffer')
    lastSent.set(socket, { presented, digest })
    return digest
  }

  return (request, forAdmin) => {
    const presented = presentedKey(request)
    if (presented === undefined) throw invalidKey()
    const digest = digestOf(presented, request)
    // The keys must not do for each other: whoever may change keys has no business in the bill of a caller, nor the other way round.
    if (adminDigest !== undefined && timingSafeEqual(adminDigest, digest)) {
      if (forAdmin) return administrator
      throw invalidKey()
    }
    if (!ring.trusted) throw keysUnavailable('Keys cannot be checked at the moment. Try again later.')
    const caller = ring.find(digest)
    if (caller === undefined) throw invalidKey()
    if (forAdmin) throw new GatewayError('GW_ERR_FORBIDDEN')
    return caller
  }
}

function invalidKey(): GatewayError {
  return new GatewayError('GW_ERR_INVALID_KEY', { headers: { 'www-authenticate': 'Bearer' } })
}

function presentedKey({ headers, rawHeaders }: Asking): string | undefined {
  // Node silently keeps the first of two Authorization headers; a proxy in front may have believed the second.
  if (isRepeated(rawHeaders, 'authorization') || isRepeated(rawHeaders, 'x-api-key')) return undefined
  if (headers.authorization !== undefined) return /^Bearer +(\S+) *$/i.exec(headers.authorization)?.[1]
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}

function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let seen = false
  for (let at = 0; at < rawHeaders.length; at += 2) {
    // By its length first: nearly every other header differs in it.
    if (rawHeaders[at]?.length !== name.length || rawHeaders[at]?.toLowerCase() !== name) continue
    if (seen) return true
    seen = true
  }
  return false
}
