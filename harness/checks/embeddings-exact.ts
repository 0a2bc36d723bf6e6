import { z } from 'zod'
import { at, attemptsOf, bodyJson, faultPhase, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const embeddingsExactCheck = defineCheck({
  name: 'embeddings-exact',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'the upstream\'s vectors, in the encoding that was asked for', (x) => {
      const got = at(bodyJson(x), 'data', 0, 'embedding')
      const sent = attemptsOf(evidence, x.nonce).flatMap((a) => (a.body ? [at(JSON.parse(a.body.text), 'data', 0, 'embedding')] : []))
      if (got === undefined) return outcome(x)
      return sent.some((s) => JSON.stringify(s) === JSON.stringify(got)) ? null : `got ${JSON.stringify(got).slice(0, 60)}, upstream sent ${JSON.stringify(sent[0]).slice(0, 60)}`
    }),
})

/** Vectors arrive as the upstream gave them; base64 stays base64. */
export const embeddingsExact = () => checkData(embeddingsExactCheck, {})
