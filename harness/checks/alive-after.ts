import { z } from 'zod'
import { outcome } from '../evidence/views.ts'
import { checkData, defineCheck } from './check.ts'

export const aliveAfterCheck = defineCheck({
  name: 'alive-after',
  params: z.strictObject({}),
  judge: (evidence) => {
    const probes = evidence.exchanges.filter((x) => x.phase === 'recovery')
    const last = probes.at(-1)
    const expected = 'a plain request succeeds once the fault is healed, within the claimed cool-down'
    if (!last) return { verdict: 'unknown', expected, actual: 'no request after the fault', nonces: [], reason: 'no evidence' }
    const ok = last.head?.status === 200 && last.end?.how === 'complete'
    const first = probes[0] ?? last
    const took = Math.round((last.end?.t ?? last.request.t) - first.request.t)
    return { verdict: ok ? 'pass' : 'fail', expected, actual: ok ? `healthy after ${took} ms` : `not within ${took} ms; ${outcome(last)}`, nonces: [last.nonce] }
  },
})

/** The target serves again after the fault. */
export const aliveAfter = () => checkData(aliveAfterCheck, {})
