import { z } from 'zod'
import { notAnEnvelope } from '../evidence/envelope.ts'
import type { Evidence, Exchange } from '../evidence/types.ts'
import { answerText, attemptsOf, faultPhase, header, outcome, upstreamText } from '../evidence/views.ts'
import { Amount, resolveAmount } from '../scenario.ts'
import { checkData, defineCheck, forEach, verdictIf } from './check.ts'

const tookMs = (x: Exchange): number => (x.end?.t ?? Infinity) - x.request.t

/** Why a request that was turned away was not turned away well; null when it was. */
const badRefusal = (evidence: Evidence, x: Exchange, quickest: number): string | null => {
  const wrong = notAnEnvelope(x, [503])
  if (wrong !== null) return wrong
  const after = header(x, 'retry-after')
  if (after === undefined || !/^[1-9]\d*$/.test(after)) return `503 with Retry-After: ${after ?? 'none'}`
  if (attemptsOf(evidence, x.question).length > 0) return '503, and the upstream was asked'
  return tookMs(x) < quickest ? null : `503 after ${Math.round(tookMs(x))} ms, when others had their answers`
}

const badAnswer = (evidence: Evidence, x: Exchange): string | null => {
  const whole = x.head?.status === 200 && x.end?.how === 'complete' && attemptsOf(evidence, x.question).some((a) => upstreamText(a) === answerText(x))
  return whole ? null : outcome(x)
}

export const shedsOverloadCheck = defineCheck({
  name: 'sheds-overload',
  params: z.strictObject({ label: z.string(), room: Amount }),
  judge: (evidence, { label, room }) => {
    const requests = faultPhase(evidence, [label])
    const places = resolveAmount(room, evidence.claims)
    const expected = `of ${requests.length} requests at once ${places} or more are answered; the others get 503 with Retry-After and the error object before anybody has an answer`
    if (requests.length <= places) return { verdict: 'unknown', expected, actual: `${requests.length} request(s)`, nonces: [], reason: requests.length === 0 ? 'no evidence' : 'there was room for all' }
    const refused = requests.filter((x) => x.head?.status !== 200)
    const served = requests.filter((x) => x.head?.status === 200)
    const quickest = Math.min(...served.map(tookMs))
    const found = forEach(requests, expected, (x) => (x.head?.status === 200 ? badAnswer(evidence, x) : badRefusal(evidence, x, quickest)))
    if (found.verdict === 'fail') return found
    return verdictIf(served.length >= places && refused.length > 0, expected, `${served.length} answered, ${refused.length} turned away`, (refused.length > 0 ? refused : served).slice(-3).map((x) => x.nonce))
  },
})

/** More requests than there is room for: those without room are told so at once. */
export const shedsOverload = (label: string, room: Amount) => checkData(shedsOverloadCheck, { label, room })
