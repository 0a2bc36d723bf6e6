import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'ignore-retry-after',
  defect: 'Retries on its own schedule whatever Retry-After says.',
  breaks: ['retry.once.429'],
  patch: {
    retryAfterMs: () => null,
  },
})
