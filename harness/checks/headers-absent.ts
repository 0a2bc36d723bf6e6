import { z } from 'zod'
import { attemptsOf, faultPhase } from '../evidence/views.ts'
import { checkData, defineCheck, forEach } from './check.ts'

export const headersAbsentCheck = defineCheck({
  name: 'headers-absent',
  params: z.strictObject({ names: z.array(z.string()).min(1) }),
  judge: (evidence, { names }) =>
    forEach(faultPhase(evidence), `${names.join(', ')} do not reach the upstream`, (x) => {
      const attempts = attemptsOf(evidence, x.nonce)
      if (attempts.length === 0) return 'the upstream was never asked'
      const found = attempts.flatMap((a) => a.request.headers).find(([name]) => names.includes(name.toLowerCase()))
      return found ? `${found[0]}: ${found[1]}` : null
    }),
})

/** Headers that are meant for one hop end there. Names in lower case. */
export const headersAbsent = (names: string[]) => checkData(headersAbsentCheck, { names })
