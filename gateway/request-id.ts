import { randomBytes } from 'node:crypto'

/** One of this process, that no other process begins with. */
const prefix = `req_${randomBytes(10).toString('hex')}`
let count = 0

/** The id of a request that has brought none: `req_` and 32 hex digits. It names a request, it does not guard anything: who sees one may guess the next. */
export function newRequestId(): string {
  return prefix + (++count).toString(16).padStart(12, '0')
}
