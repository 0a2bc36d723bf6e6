import { z } from 'zod'
import { at, attemptsOf, bodyJson, faultPhase, outcome, parseJson, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** The three counts in one text; undefined unless all are there, so that nothing never equals nothing. */
const counts = (usage: unknown): string | undefined => {
  const list = ['prompt_tokens', 'completion_tokens', 'total_tokens'].map((key) => at(usage, key))
  return list.every((n) => typeof n === 'number') ? JSON.stringify(list) : undefined
}

export const usageCheck = defineCheck({
  name: 'usage',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'usage with the upstream\'s own token counts; in a stream once, last and with no choices', (x) => {
      const texts = attemptsOf(evidence, x.question).flatMap((a) => [...a.events.map((e) => e.text), ...(a.body ? [a.body.text] : [])])
      const sent = texts.flatMap((t) => counts(at(parseJson(t), 'usage')) ?? [])
      const compare = (usage: unknown): string | null => {
        const got = counts(usage)
        return got !== undefined && sent.includes(got) ? null : `usage ${got ?? JSON.stringify(usage) ?? 'absent'}, upstream said ${sent.join(' or ') || 'nothing'}; ${outcome(x)}`
      }
      if (!x.request.stream) return compare(at(bodyJson(x), 'usage'))
      const { events, usages } = streamOf(x)
      const [only] = usages
      if (usages.length !== 1) return `${usages.length} events with usage`
      if (!Array.isArray(at(only, 'choices')) || at(only, 'choices', 0) !== undefined) return 'the event with usage has choices'
      const after = events.slice(events.findIndex((e) => e.json === only) + 1).find((e) => at(e.json, 'choices') !== undefined)
      return after ? 'chunks follow the one with usage' : compare(at(only, 'usage'))
    }),
})

/** Token counts are the upstream's, neither lost nor invented. */
export const usage = () => checkData(usageCheck, {})
