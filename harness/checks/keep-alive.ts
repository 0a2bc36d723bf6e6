import { z } from 'zod'
import type { Exchange } from '../evidence/types.ts'
import { attemptsOf, faultPhase, outcome } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { timing } from '../timing.ts'
import { checkData, defineCheck, forEach } from './check.ts'

const longestGap = (times: readonly number[]): number => times.slice(1).reduce((longest, t, i) => Math.max(longest, t - (times[i] ?? t)), 0)

/** The longest that a caller heard nothing once its answer had begun, in milliseconds. */
export const longestSilence = (x: Exchange): number => longestGap([...x.chunks.map((c) => c.t), ...(x.end ? [x.end.t] : [])])

export const keepAliveCheck = defineCheck({
  name: 'keep-alive',
  params: z.strictObject({ everyMs: Amount }),
  timed: true,
  judge: (evidence, { everyMs }) => {
    const ms = resolveAmount(everyMs, evidence.claims) + timing.graceMs
    const expected = `bytes at least every ${ms} ms once a stream has begun`
    const requests = faultPhase(evidence)
    const busy = requests.find((x) => attemptsOf(evidence, x.question).every((a) => longestGap(a.events.map((e) => e.t)) <= ms))
    if (busy) return { verdict: 'unknown', expected, actual: 'the upstream was never silent for that long', nonces: [busy.nonce], reason: 'nothing had to be kept alive' }
    return forEach(requests, expected, (x) => {
      if (x.head?.status !== 200 || x.end?.how !== 'complete') return outcome(x)
      const gap = longestSilence(x)
      return gap <= ms ? null : `no byte for ${Math.round(gap)} ms`
    })
  },
})

/** A begun stream is never silent for longer than claimed. */
export const keepAlive = (everyMs: Amount) => checkData(keepAliveCheck, { everyMs })
