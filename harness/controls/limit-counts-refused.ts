import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'limit-counts-refused',
  defect: 'Counts what it refuses, as textbook limiters do.',
  breaks: ['limit.refused-cost-nothing'],
  patch: {
    limitRule: (rule) => ({ ...rule, refusalEmpties: true }),
  },
})
