import { z } from 'zod'
import { answerText, at, attemptsOf, bodyJson, faultPhase, outcome, streamOf, upstreamText } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const answerExactCheck = defineCheck({
  name: 'answer-exact',
  params: z.strictObject({ labels: z.array(z.string()).optional() }),
  judge: (evidence, { labels }) =>
    forEach(faultPhase(evidence, labels), 'a whole answer with exactly the words and the finish_reason of the upstream attempt that gave it', (x) => {
      if (x.head?.status !== 200 || x.end?.how !== 'complete') return outcome(x)
      const text = answerText(x)
      const sent = attemptsOf(evidence, x.nonce).map(upstreamText)
      if (!sent.some((s) => s !== '' && s === text)) {
        return `the caller read ${JSON.stringify(text.slice(0, 120))}; the upstream sent ${sent.length === 0 ? 'nothing' : sent.map((s) => JSON.stringify(s.slice(0, 120))).join(', ')}`
      }
      if (!x.request.stream) {
        const finish = at(bodyJson(x), 'choices', 0, 'finish_reason')
        return finish === 'stop' ? null : `finish_reason ${JSON.stringify(finish)}`
      }
      const { finishReasons, errors } = streamOf(x)
      if (errors.length > 0) return outcome(x)
      return finishReasons.length === 1 ? null : `${finishReasons.length} finish_reasons`
    }),
})

/** Every caller gets the upstream's answer, whole and word for word. */
export const answerExact = (labels?: string[]) => checkData(answerExactCheck, { labels })
