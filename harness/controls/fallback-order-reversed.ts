import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'fallback-order-reversed',
  defect: 'Asks the last upstream of the chain first.',
  breaks: ['failover.order'],
  patch: {
    chain: (lanes) => lanes.toReversed(),
  },
})
