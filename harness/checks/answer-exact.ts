import { z } from 'zod'
import { answerText, attemptsOf, faultPhase, finishReasons, outcome, streamOf, upstreamFinish, upstreamText } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const answerExactCheck = defineCheck({
  name: 'answer-exact',
  params: z.strictObject({ labels: z.array(z.string()).optional() }),
  judge: (evidence, { labels }) =>
    forEach(faultPhase(evidence, labels), 'a whole answer with exactly the words and the finish_reason of the upstream attempt that gave it', (x) => {
      if (x.head?.status !== 200 || x.end?.how !== 'complete') return outcome(x)
      const text = answerText(x)
      const attempts = attemptsOf(evidence, x.question)
      const givers = attempts.filter((a) => text !== '' && upstreamText(a) === text)
      if (givers.length === 0) {
        const sent = attempts.map((a) => JSON.stringify(upstreamText(a).slice(0, 120)))
        return `the caller read ${JSON.stringify(text.slice(0, 120))}; the upstream sent ${sent.join(', ') || 'nothing'}`
      }
      if (x.request.stream && streamOf(x).errors.length > 0) return outcome(x)
      const reasons = finishReasons(x)
      if (reasons.length !== 1) return `${reasons.length} finish_reasons`
      // An attempt that was cut has none: its words alone are not a whole answer.
      if (givers.some((a) => upstreamFinish(a) === reasons[0])) return null
      return `finish_reason ${JSON.stringify(reasons[0])}; the upstream said ${givers.map((a) => JSON.stringify(upstreamFinish(a)) ?? 'none').join(', ')}`
    }),
})

/** Every caller gets the upstream's answer, whole and word for word. */
export const answerExact = (labels?: string[]) => checkData(answerExactCheck, { labels })
