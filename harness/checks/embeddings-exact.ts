import { z } from 'zod'
import { at, attemptsOf, bodyJson, faultPhase, outcome, parseJson } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

/** A vector as 32-bit floats, from either encoding; undefined for what is none. */
const floats = (vector: unknown): string | undefined => {
  if (Array.isArray(vector)) return Float32Array.from(vector).join()
  if (typeof vector !== 'string') return undefined
  const bytes = Buffer.from(vector, 'base64')
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4)).join()
}

export const embeddingsExactCheck = defineCheck({
  name: 'embeddings-exact',
  params: z.strictObject({}),
  judge: (evidence) =>
    forEach(faultPhase(evidence), 'the upstream\'s vectors, in the encoding that was asked for', (x) => {
      const got = at(bodyJson(x), 'data', 0, 'embedding')
      if (got === undefined) return outcome(x)
      const base64 = at(parseJson(x.request.body), 'encoding_format') === 'base64'
      if (base64 !== (typeof got === 'string')) return `${base64 ? 'base64' : 'floats'} asked for, got ${JSON.stringify(got).slice(0, 60)}`
      const sent = attemptsOf(evidence, x.question).map((a) => at(parseJson(a.body?.text ?? ''), 'data', 0, 'embedding')).filter((v) => v !== undefined)
      // A gateway may ask its upstream for the other encoding; then only the 32-bit numbers can be the same.
      return sent.some((s) => (typeof s === typeof got ? JSON.stringify(s) === JSON.stringify(got) : floats(s) === floats(got))) ? null : `got ${JSON.stringify(got).slice(0, 60)}, upstream sent ${(JSON.stringify(sent[0]) ?? 'nothing').slice(0, 60)}`
    }),
})

/** Vectors arrive as the upstream gave them; base64 stays base64. */
export const embeddingsExact = () => checkData(embeddingsExactCheck, {})
