import type { Turn } from '../turn.ts'

/** Which answers a request may be given, and whether its own may be given to others. */
export interface Terms {
  /** A kept one. */
  readonly find: boolean
  readonly maxAgeSeconds: number
  readonly keep: boolean
  /** The one of a call that is under way. */
  readonly share: boolean
}

const usual: Terms = { find: true, maxAgeSeconds: Number.POSITIVE_INFINITY, keep: true, share: true }
const alone: Terms = { find: false, maxAgeSeconds: 0, keep: false, share: false }

/** Reads the request directives of `Cache-Control` (RFC 9111, 5.2.1): `no-store`, `no-cache`, `max-age`. */
export function termsOf({ request, body }: Pick<Turn, 'request' | 'body'>): Terms {
  // The upstream is to store this completion under its id: an answer from elsewhere would have an id that nobody stored.
  if (body['store'] === true) return alone
  const header = request.headers['cache-control']
  if (header === undefined) return usual
  const directives = header.toLowerCase().split(',').map((directive) => directive.trim())
  if (directives.includes('no-store')) return alone
  const maxAge = directives.map((directive) => /^max-age="?(\d+)"?$/.exec(directive)?.[1]).find((seconds) => seconds !== undefined)
  // What browsers send for "reload" is `max-age=0`.
  if (directives.includes('no-cache') || Number(maxAge) === 0) return { ...usual, find: false, share: false }
  return maxAge === undefined ? usual : { ...usual, maxAgeSeconds: Number(maxAge) }
}
