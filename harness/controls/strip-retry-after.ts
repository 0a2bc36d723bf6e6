import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'strip-retry-after',
  defect: "Drops the upstream's Retry-After.",
  breaks: ['error.retry-after.forwarded'],
  patch: {
    errorHeaders: (failure) => (failure.upstreamStatus === null ? honest.errorHeaders(failure) : failure.headers),
  },
})
