import { z } from 'zod'
import { at, parseJson } from '../evidence/views.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'

export const exitsCleanlyCheck = defineCheck({
  name: 'exits-cleanly',
  params: z.strictObject({}),
  timed: true,
  judge: (evidence) => {
    const of = (event: string) => evidence.diary.find((f) => f.kind === 'process' && f.name === 'target' && f.event === event)
    const [signal, exit] = [of('signal'), of('exit')]
    const ms = evidence.claims.drain.deadlineMs + timing.graceMs
    const expected = `exit code 0 within ${ms} ms of the signal`
    if (signal?.kind !== 'process' || exit?.kind !== 'process') return { verdict: 'unknown', expected, actual: 'the exit was not awaited', nonces: [], reason: 'no evidence' }
    const took = exit.t - signal.t
    return verdictIf(at(parseJson(exit.detail), 'code') === 0 && took <= ms, expected, `${exit.detail} after ${Math.round(took)} ms`)
  },
})

/** The process ends by itself with code 0 after SIGTERM. */
export const exitsCleanly = () => checkData(exitsCleanlyCheck, {})
