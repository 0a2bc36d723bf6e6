import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'breaker-never-recovers',
  defect: 'Its breaker never lets a probe through.',
  breaks: ['breaker.recovers-within'],
  patch: {
    breaker: (rules) => ({ ...rules, cooldownMs: Infinity }),
  },
})
