import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'liveness-follows-upstream',
  defect: 'Reports itself dead when an upstream is.',
  breaks: ['health.truth'],
  patch: {
    live: ({ openBreakers }) => openBreakers === 0,
  },
})
