import { z } from 'zod'
import { at, attemptsOf, bodyJson, faultPhase, outcome, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

const counts = (usage: unknown): string => JSON.stringify([at(usage, 'prompt_tokens'), at(usage, 'completion_tokens'), at(usage, 'total_tokens')])

export const usageCheck = defineCheck({
  name: 'usage',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'usage with the upstream\'s own token counts; in a stream once, with no choices', (x) => {
      const texts = attemptsOf(evidence, x.nonce).flatMap((a) => [...a.events.map((e) => e.text), ...(a.body ? [a.body.text] : [])])
      const sent = texts.filter((t) => /"usage":\{/.test(t)).map((t) => counts(at(JSON.parse(t), 'usage')))
      if (!x.request.stream) {
        const got = counts(at(bodyJson(x), 'usage'))
        return sent.includes(got) ? null : `usage ${got}, upstream said ${sent.join(' or ') || 'nothing'}; ${outcome(x)}`
      }
      const { usages } = streamOf(x)
      if (usages.length !== 1) return `${usages.length} events with usage`
      if (!Array.isArray(at(usages[0], 'choices')) || at(usages[0], 'choices', 0) !== undefined) return 'the event with usage has choices'
      const got = counts(at(usages[0], 'usage'))
      return sent.includes(got) ? null : `usage ${got}, upstream said ${sent.join(' or ') || 'nothing'}`
    }),
})

/** Token counts are the upstream's, neither lost nor invented. */
export const usage = () => checkData(usageCheck, {})
