import { Redactor } from '../check/redactor.ts'

const kinds = new Set(['ssn', 'card', 'api-key'] as const)
const email = /[\p{L}\p{N}._%+-]{1,64}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}\p{L}{2,24}/gu
/** A word with letters and digits of such a length is a key, a hash or an id more often than it is a word. */
const token = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{16,}/g
const phone = /(?<![\w.])[+(]?\d(?:[ ()./-]{0,3}\d){6,14}(?!\w)/g

/**
 * Takes out what may name or harm somebody: SSNs, card numbers, keys, email addresses, phone numbers, and other long numbers and
 * tokens with them. Names of people and places stay: no pattern knows them.
 */
export function withoutPii(text: string): string {
  const redactor = new Redactor({ kinds, found: () => {} })
  const shown = redactor.push(text) + redactor.end()
  return shown.replace(email, '[email]').replace(token, '[redacted]').replace(phone, '[phone]')
}
