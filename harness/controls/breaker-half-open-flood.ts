import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'breaker-half-open-flood',
  defect: 'Its half-open breaker lets everyone through.',
  breaks: ['breaker.half-open-single-probe'],
  patch: {
    breaker: (rules) => ({ ...rules, probes: Infinity }),
  },
})
