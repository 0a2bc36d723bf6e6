import { z } from 'zod'
import { admissionOf } from '../evidence/admission.ts'
import { rateLimitOf } from '../scenario.ts'
import { checkData, defineCheck, verdictIf } from './check.ts'
import type { Judgement } from './check.ts'

/** By how much the claimed rate may be exceeded in the long run; limits that approximate a window need some. */
const TOLERATED = 0.1
const FEWEST = 2

export const limitPaceCheck = defineCheck({
  name: 'limit-pace',
  params: z.strictObject({ labels: z.array(z.string()).min(1) }),
  judge: (evidence, { labels }) => {
    const { burst, perSecond, refillMs } = rateLimitOf(evidence.claims)
    const { requests, admitted, refused, wrong, spanMs } = admissionOf(evidence, labels)
    const starts = requests.map((x) => x.request.t).sort((a, b) => a - b)
    const askedMs = (starts.at(-1) ?? 0) - (starts[0] ?? 0)
    // Of a window the limit comes back all at once, so only whole ones count; of a bucket it is more.
    const least = burst * Math.floor(askedMs / refillMs)
    const most = Math.floor(burst + (perSecond * Math.max(askedMs, spanMs) * (1 + TOLERATED)) / 1000) + 1
    const expected = `${least} to ${most} of ${requests.length} are let in over ${Math.round(askedMs)} ms, however many are refused in between`
    const actual = `${admitted.length} let in, ${refused.length} refused`
    const unknown = (reason: string, again: boolean): Judgement => ({ verdict: 'unknown', expected, actual, nonces: [], reason, again })
    if (requests.length === 0) return unknown('no evidence', false)
    const [first] = wrong
    if (first) return verdictIf(false, expected, `${wrong.length} of ${requests.length}: ${first.actual}`, wrong.slice(0, 5).map((w) => w.nonce))
    if (askedMs < FEWEST * refillMs) return unknown('asked for a shorter time than the limit takes to come back twice', false)
    const pause = Math.max(...starts.map((t, i) => t - (starts[i - 1] ?? t)))
    // A bucket that is full takes nothing more, and what it lost to our pause the target does not owe.
    if (pause > refillMs / 2) return unknown(`the harness paused for ${Math.round(pause)} ms`, true)
    return verdictIf(admitted.length >= least && admitted.length <= most, expected, actual, refused.slice(-3).map((x) => x.nonce))
  },
})

/** Callers who keep asking get what comes back, no less and no more: being refused costs nothing. */
export const limitPace = (labels: string[]) => checkData(limitPaceCheck, { labels })
