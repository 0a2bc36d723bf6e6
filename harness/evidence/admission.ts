import { notAnEnvelope } from './envelope.ts'
import type { Evidence, Exchange } from './types.ts'
import { attemptsOf, faultPhase, outcome } from './views.ts'

/** What became of requests that a rate limit held, all of one label or several. */
export interface Admission {
  requests: Exchange[]
  /** Answered with 200 after a call to the upstream. */
  admitted: Exchange[]
  /** Refused with an error object and no call to the upstream. */
  refused: Exchange[]
  /** Neither, with what happened instead. */
  wrong: { nonce: string; actual: string }[]
  /** The longest time, in milliseconds, in which those admitted can have been counted: from the first one's request until the upstream was asked for the last. */
  spanMs: number
}

/** Sorts requests into those let in and those refused; `statuses` are those of an honest refusal. */
export const admissionOf = (evidence: Evidence, labels: readonly string[], statuses: readonly number[] = [429]): Admission => {
  const found: Admission = { requests: faultPhase(evidence, labels), admitted: [], refused: [], wrong: [], spanMs: 0 }
  let [first, last] = [Infinity, -Infinity]
  for (const x of found.requests) {
    const [call, ...more] = attemptsOf(evidence, x.nonce)
    const wrong = (actual: string): unknown => found.wrong.push({ nonce: x.nonce, actual })
    if (x.head?.status === 200 && x.end?.how === 'complete') {
      if (call === undefined) {
        wrong('200 without a call to the upstream')
        continue
      }
      found.admitted.push(x)
      first = Math.min(first, x.request.t)
      last = Math.max(last, call.request.t)
      continue
    }
    const fault = notAnEnvelope(x, statuses)
    if (fault !== null) wrong(fault)
    else if (call !== undefined) wrong(`${x.head?.status}, and ${1 + more.length} upstream call(s); ${outcome(x)}`)
    else found.refused.push(x)
  }
  found.spanMs = found.admitted.length === 0 ? 0 : Math.max(0, last - first)
  return found
}
