import type { IncomingHttpHeaders } from 'node:http'
import { defineControl } from './proxy/control.ts'
import type { Failure } from './proxy/failure.ts'

const over = new WeakMap<IncomingHttpHeaders, Failure>()

export default defineControl({
  name: 'limit-forwards-refused',
  defect: 'Asks the upstream first and refuses the caller afterwards.',
  breaks: ['limit.burst-exact'],
  patch: {
    overLimit: (failure, headers) => void over.set(headers, failure),
    payload(text, { headers }) {
      const failure = over.get(headers)
      if (failure !== undefined) throw failure
      return text
    },
  },
})
