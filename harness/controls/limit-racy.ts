import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'limit-racy',
  defect: 'Reads the bucket and writes it in a second step, as textbook limiters do.',
  breaks: ['limit.burst-exact'],
  patch: {
    limitRule: (rule) => ({ ...rule, atomic: false }),
  },
})
