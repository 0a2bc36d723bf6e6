import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'no-fallback',
  defect: 'Never leaves the first upstream of the chain.',
  breaks: ['failover.order'],
  patch: {
    chain: (lanes) => lanes.slice(0, 1),
  },
})
