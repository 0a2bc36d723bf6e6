import { defineControl } from './proxy/control.ts'
import { read } from './proxy/payload.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'cache-by-messages',
  defect: 'Finds kept answers by model and messages alone, whatever the temperature.',
  breaks: ['cache.exact.every-parameter'],
  patch: {
    cacheKey(call) {
      const { messages, input, stream } = read(call.body)
      return honest.cacheKey({ ...call, body: JSON.stringify([messages, input, stream]) })
    },
  },
})
