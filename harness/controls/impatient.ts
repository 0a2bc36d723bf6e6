import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'impatient',
  defect: 'Gives up on an answer that is slow, but within the limits it claims.',
  breaks: ['fault.upstream.slow-ttft', 'net.latency'],
  patch: {
    limit: (phase, ms) => (phase === 'connect' ? ms : Math.min(ms, 90)),
  },
})
