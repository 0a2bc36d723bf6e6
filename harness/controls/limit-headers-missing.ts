import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'limit-headers-missing',
  defect: 'Does not tell how much of the limit is left.',
  breaks: ['limit.headers-true'],
  patch: {
    limitHeaders: () => ({}),
  },
})
