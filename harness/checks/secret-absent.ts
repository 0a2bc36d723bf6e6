import { z } from 'zod'
import { isMarked } from '../evidence/secrets.ts'
import { bodyText, faultAttempts, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach, verdictIf } from './check.ts'

export const secretAbsentCheck = defineCheck({
  name: 'secret-absent',
  params: z.strictObject({ secret: z.enum(['caller-key', 'upstream-key', 'upstream-address']), at: z.enum(['caller', 'upstream']), text: z.string().optional() }),
  judge: (evidence, { secret, at, text }) => {
    const expected = `the ${secret.replace('-', "'s ")} never appears at the ${at}`
    // Absent where nobody ever had it, or too short to be told from ordinary text, proves nothing.
    const holders = secret === 'caller-key' ? evidence.exchanges : evidence.attempts
    if (!holders.some((h) => isMarked(JSON.stringify(h.request.headers), secret))) {
      return { verdict: 'unknown', expected, actual: `no request carried the ${secret.replace('-', "'s ")}`, nonces: [], reason: 'the secret was never seen in use' }
    }
    if (at === 'caller') {
      return forEach(evidence.exchanges.filter((x) => x.window !== 'control'), expected, (x) => {
        const all = `${JSON.stringify(x.head?.headers ?? [])}${bodyText(x)}`
        return isMarked(all, secret) || (text !== undefined && all.includes(text)) ? `it is there: ${outcome(x)}` : null
      })
    }
    const attempts = faultAttempts(evidence)
    if (attempts.length === 0) return { verdict: 'unknown', expected, actual: 'the upstream was never asked', nonces: [], reason: 'no evidence' }
    const bad = attempts.filter((a) => isMarked(JSON.stringify([a.request.headers, a.request.body, a.request.path]), secret))
    return verdictIf(bad.length === 0, expected, bad.length === 0 ? `absent from ${attempts.length} call(s)` : `it is in ${bad.length} of ${attempts.length} call(s)`, bad.flatMap((a) => a.nonce ?? []))
  },
})

/** A canary key stays where it belongs. */
export const secretAbsent = (secret: 'caller-key' | 'upstream-key' | 'upstream-address', at: 'caller' | 'upstream', text?: string) => checkData(secretAbsentCheck, { secret, at, text })
