import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'retry-after-epoch',
  defect: 'Writes a point in time into Retry-After, as textbook limiters do.',
  breaks: ['Retry-After is a time span, and a true one'],
  patch: {
    errorHeaders(failure) {
      const seconds = Number(failure.retryAfter ?? Number.NaN)
      return Number.isNaN(seconds) ? honest.errorHeaders(failure) : { ...failure.headers, 'retry-after': String(Math.ceil(Date.now() / 1000 + seconds)) }
    },
  },
})
