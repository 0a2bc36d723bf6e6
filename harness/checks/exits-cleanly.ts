import { z } from 'zod'
import { checkData, defineCheck, verdictIf } from './check.ts'

export const exitsCleanlyCheck = defineCheck({
  name: 'exits-cleanly',
  params: z.strictObject({}),
  judge: (evidence) => {
    const exit = evidence.faults.find((f) => f.kind === 'process' && f.event === 'exit')
    const expected = 'exit code 0 within the claimed drain deadline'
    if (exit?.kind !== 'process') return { verdict: 'unknown', expected, actual: 'the exit was not awaited', nonces: [], reason: 'no evidence' }
    return verdictIf(/"code":0\b/.test(exit.detail), expected, exit.detail)
  },
})

/** The process ends by itself with code 0 after SIGTERM. */
export const exitsCleanly = () => checkData(exitsCleanlyCheck, {})
