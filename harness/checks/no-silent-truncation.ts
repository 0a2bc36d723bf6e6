import { z } from 'zod'
import { at, bodyJson, faultPhase, isError, outcome, streamOf } from '../evidence/views.ts'
import type { Exchange } from '../evidence/types.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** What OpenAI's document lets a good end say. Gateways that invent an "error" of their own tell the truth with it. */
const GOOD_ENDS = new Set(['stop', 'length', 'tool_calls', 'content_filter', 'function_call'])

/** An error that reaches the caller. SDKs stop reading at [DONE]: what comes behind it reaches nobody. */
const tellsOfAnError = (x: Exchange): boolean => {
  if (!x.request.stream) return (at(bodyJson(x), 'error') ?? null) !== null
  const { events } = streamOf(x)
  const done = events.findIndex((e) => e.data === '[DONE]')
  return events.slice(0, done === -1 ? events.length : done).some(isError)
}

/** True when something the caller read says that all is well. */
const claimsSuccess = (x: Exchange): boolean => {
  if (!x.request.stream) return x.end?.how === 'complete' && at(bodyJson(x), 'choices') !== undefined
  const { done, finishReasons } = streamOf(x)
  // An invented finish_reason is a lie beside any error. [DONE] after one is what OpenAI itself sends; SDKs have raised by then.
  return (done > 0 && !tellsOfAnError(x)) || finishReasons.some((reason) => GOOD_ENDS.has(reason))
}

export const noSilentTruncationCheck = defineCheck({
  name: 'no-silent-truncation',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'an error, an error event, or an abnormal close, and no finish_reason, nor [DONE] without an error', (x) => {
      if (!x.end || x.end.how === 'gave-up') return `it never ended; ${outcome(x)}`
      if (x.end.how === 'aborted') return 'the caller left before the end'
      if (!x.head || x.head.status >= 400) return null
      if (claimsSuccess(x)) return outcome(x)
      return x.end.how !== 'complete' || tellsOfAnError(x) ? null : `a clean end without a word about the failure; ${outcome(x)}`
    }),
})

/** What the upstream did not finish does not look finished to the caller. */
export const noSilentTruncation = () => checkData(noSilentTruncationCheck, {})
