import { z } from 'zod'
import { answerText, attemptsOf, faultPhase, upstreamText } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const wordsBeforeCutCheck = defineCheck({
  name: 'words-before-cut',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'the words of one upstream attempt from its start, nothing twice and nothing made up', (x) => {
      const text = answerText(x)
      if (text === '') return null
      const sent = attemptsOf(evidence, x.nonce).map(upstreamText)
      return sent.some((s) => s.startsWith(text)) ? null : `the caller read ${JSON.stringify(text.slice(0, 160))}; upstream attempts sent ${sent.map((s) => JSON.stringify(s.slice(0, 80))).join(', ') || 'nothing'}`
    }),
})

/** Whatever came before a failure is the upstream's own, in order and once. */
export const noRepeatedText = () => checkData(wordsBeforeCutCheck, {})
