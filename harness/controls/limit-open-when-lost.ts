import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'limit-open-when-lost',
  defect: 'Lets everybody in when the count cannot be had, whatever it declares.',
  breaks: ['limit.redis-lost', 'limit.redis-slow'],
  patch: {
    limitRule: (rule) => ({ ...rule, whenLost: 'open' }),
  },
})
