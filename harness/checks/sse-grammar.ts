import { z } from 'zod'
import { faultPhase, header, outcome, streamOf } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const sseGrammarCheck = defineCheck({
  name: 'sse-grammar',
  params: z.strictObject({ labels: z.array(z.string()).optional() }),
  judge: (evidence, { labels }) =>
    forEach(faultPhase(evidence, labels), 'text/event-stream whose events are all [DONE] or JSON objects, each closed by a blank line, in valid UTF-8', (x) => {
      const type = header(x, 'content-type') ?? 'no content type'
      if (!/^text\/event-stream\s*(;|$)/i.test(type)) return `content-type ${type}; ${outcome(x)}`
      const { events, rest } = streamOf(x)
      if (events.length === 0) return `no events; ${outcome(x)}`
      const broken = events.find((e) => e.data !== '[DONE]' && (typeof e.json !== 'object' || e.json === null))
      if (broken) return `an event that is not a JSON object: ${JSON.stringify(broken.data.slice(0, 100))}`
      if (rest.malformedUtf8) return 'bytes that are not UTF-8'
      if (rest.unknownFields.length > 0) return `unknown field ${JSON.stringify(rest.unknownFields[0])}`
      return rest.pending === '' ? null : `an event without a closing blank line: ${rest.pending.slice(0, 100)}`
    }),
})

/** The stream is well-formed by WHATWG HTML 9.2 and by what OpenAI's SDKs parse. */
export const sseGrammar = (labels?: string[]) => checkData(sseGrammarCheck, { labels })
