import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'retry-400',
  defect: 'Retries an upstream 400.',
  breaks: ['retry.never-400'],
  patch: {
    retryable: (failure) => (failure.upstreamStatus === 400 ? 'same' : honest.retryable(failure)),
  },
})
