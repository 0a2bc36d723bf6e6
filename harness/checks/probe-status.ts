import { z } from 'zod'
import { timing } from '../timing.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

export const probeStatusCheck = defineCheck({
  name: 'probe-status',
  params: z.strictObject({ probe: z.string(), anyOf: z.array(z.number().int()), fast: z.boolean().default(true) }),
  timed: true,
  judge: (evidence, { probe, anyOf, fast }) => {
    const seen = evidence.diary.filter((f) => f.kind === 'probe' && f.path === probe)
    const last = seen.at(-1)
    const expected = `${probe.split(' ')[0]} answers ${anyOf.join(' or ')}${fast ? ` within ${timing.healthMs} ms` : ''}`
    if (last?.kind !== 'probe') return { verdict: 'unknown', expected, actual: 'never asked', nonces: [], reason: 'no evidence' }
    const actual = `${last.status ?? 'no answer'} in ${Math.round(last.ms)} ms`
    return verdictIf(last.status !== null && anyOf.includes(last.status) && (!fast || last.ms <= timing.healthMs), expected, actual)
  },
})

/** A health endpoint tells the truth, fast. `probe` is what and label, as in the traffic. */
export const probeStatus = (probe: string, anyOf: number | number[], options: { fast?: boolean } = {}) => checkData(probeStatusCheck, { probe, anyOf: [anyOf].flat(), ...options })
