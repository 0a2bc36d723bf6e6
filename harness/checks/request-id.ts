import { z } from 'zod'
import { faultPhase, outcome } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

const idsIn = (headers: readonly [string, string][]): string[] => headers.flatMap(([name, value]) => (name.toLowerCase() === 'x-request-id' ? [value] : []))

export const requestIdCheck = defineCheck({
  name: 'request-id',
  params: z.strictObject({ labels: z.array(z.string()).optional() }),
  judge: (evidence, { labels }) => {
    const made = new Map<string, string>()
    return forEach(faultPhase(evidence, labels), "one X-Request-ID in every answer: the caller's own, or else one that no other answer has", (x) => {
      if (!x.head) return outcome(x)
      const [id = '', ...more] = idsIn(x.head.headers)
      if (id === '' || more.length > 0) return `${more.length === 0 ? 'no' : more.length + 1} X-Request-ID; ${outcome(x)}`
      const [own] = idsIn(x.request.headers)
      if (own !== undefined) return id === own ? null : `X-Request-ID ${JSON.stringify(id)} for ${JSON.stringify(own)}`
      const other = made.get(id)
      made.set(id, x.nonce)
      return other === undefined ? null : `X-Request-ID ${JSON.stringify(id)}, which ${other} got too`
    })
  },
})

/** Every answer can be found in a log by its id, and a caller's own id is kept. */
export const requestId = (labels?: string[]) => checkData(requestIdCheck, { labels })
