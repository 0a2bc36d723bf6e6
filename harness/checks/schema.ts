import { z } from 'zod'
import { bodyJson, faultPhase, outcome, streamOf } from '../evidence/views.ts'
import { violations } from '../openai-schema.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const schemaCheck = defineCheck({
  name: 'schema',
  params: z.strictObject({ level: z.enum(['core', 'strict']), of: z.enum(['ChatCompletion', 'ChatCompletionChunk', 'EmbeddingList', 'ModelList', 'ErrorResponse']), labels: z.array(z.string()).optional() }),
  judge: (evidence, { level, of, labels }) =>
    forEach(faultPhase(evidence, labels), `every ${of} is valid by the ${level} schema`, (x) => {
      // What was cut off may have been anything.
      if (x.end?.how !== 'complete') return outcome(x)
      if (of !== 'ChatCompletionChunk') {
        const value = bodyJson(x)
        return value === undefined ? `not JSON: ${outcome(x)}` : violations(level, of, value)
      }
      const events = streamOf(x).events.filter((e) => e.data !== '[DONE]')
      if (events.length === 0) return `no events: ${outcome(x)}`
      for (const event of events) {
        const wrong = event.json === undefined ? `not JSON: ${event.data.slice(0, 80)}` : violations(level, of, event.json)
        if (wrong !== null) return wrong
      }
      return null
    }),
})

/** Every answer is valid by OpenAI's schema: `core` is what SDKs need to work, `strict` the whole document. */
export const schema = (level: 'core' | 'strict', of: z.infer<typeof schemaCheck.params>['of'], labels?: string[]) => checkData(schemaCheck, { level, of, labels })
