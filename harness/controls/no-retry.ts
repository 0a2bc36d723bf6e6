import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'no-retry',
  defect: 'Claims retries and makes none.',
  breaks: ['retry.once.500', 'retry.once.429'],
  patch: {
    attempts: () => 1,
  },
})
