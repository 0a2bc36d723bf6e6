import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'breaker-global',
  defect: 'All upstreams share one breaker.',
  breaks: ['each upstream has its own breaker', 'failover.order once the breaker is open'],
  patch: {
    breakerName: () => 'all',
  },
})
