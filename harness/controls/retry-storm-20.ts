import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'retry-storm-20',
  defect: 'Makes twenty attempts where it claims three, and does not ask the breaker for them.',
  breaks: ['retry.budget.no-storm'],
  patch: {
    attempts: () => 20,
    backoffMs: () => 10,
    asksBreaker: (attempt) => attempt === 1,
  },
})
