import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Config } from './config.ts'

export type Authenticate = (request: Pick<IncomingMessage, 'headers' | 'rawHeaders'>) => string | undefined

/** Makes the check of caller keys: the id of the key that was sent, or undefined. Knows hashes only. */
export function createAuthenticate(keys: Config['keys']): Authenticate {
  const ring = keys.map(({ id, sha256 }) => ({ id, hash: Buffer.from(sha256, 'hex') }))
  return (request) => {
    const presented = presentedKey(request)
    if (presented === undefined) return undefined
    const hash = createHash('sha256').update(presented).digest()
    let found: string | undefined
    // Every key is compared, to the end: the time tells neither which key matched nor how many there are.
    for (const entry of ring) if (timingSafeEqual(entry.hash, hash)) found = entry.id
    return found
  }
}

function presentedKey({ headers, rawHeaders }: Pick<IncomingMessage, 'headers' | 'rawHeaders'>): string | undefined {
  // Node silently keeps the first of two Authorization headers; a proxy in front may have believed the second.
  const sent = rawHeaders.filter((name, index) => index % 2 === 0 && /^(?:authorization|x-api-key)$/i.test(name)).map((name) => name.toLowerCase())
  if (new Set(sent).size !== sent.length) return undefined
  if (headers.authorization !== undefined) return /^Bearer +(\S+) *$/i.exec(headers.authorization)?.[1]
  const key = headers['x-api-key']
  return typeof key === 'string' && key !== '' ? key : undefined
}
