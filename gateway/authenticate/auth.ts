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
  return (request, forAdmin) => {
    const digest = digestOf(request)
    if (digest === undefined) throw invalidKey()
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

const sentLast = Symbol('sentLast')

/** A connection sends the same key again and again, which is held here no longer than it lasts. Who has the key is looked up each time: it may have been revoked. */
type Connection = Asking['socket'] & { [sentLast]?: { readonly authorization: string | undefined; readonly key: unknown; readonly digest: Buffer } }

/** The digest of the key that was sent, undefined where none was. */
function digestOf({ headers, rawHeaders, socket }: Asking): Buffer | undefined {
  // Node silently keeps the first of two Authorization headers; a proxy in front may have believed the second.
  if (isRepeated(rawHeaders, 'authorization') || isRepeated(rawHeaders, 'x-api-key')) return undefined
  const connection: Connection = socket
  const { authorization, 'x-api-key': key } = headers
  const last = connection[sentLast]
  if (last !== undefined && last.authorization === authorization && last.key === key) return last.digest
  const presented = authorization === undefined ? key : /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (typeof presented !== 'string' || presented === '') return undefined
  const digest = hash('sha256', presented, 'buffer')
  connection[sentLast] = { authorization, key, digest }
  return digest
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
