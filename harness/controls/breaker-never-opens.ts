import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'breaker-never-opens',
  defect: 'Its breaker never opens.',
  breaks: ['breaker.opens', 'breaker.sheds-fast', 'breaker.half-open-single-probe'],
  patch: {
    breaker: (rules) => ({ ...rules, failures: Infinity }),
  },
})
