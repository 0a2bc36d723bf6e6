import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'health-always-ok',
  defect: 'Always reports itself ready.',
  breaks: ['health.ready-follows-redis', 'drain.streams-finish'],
  patch: {
    ready: () => true,
  },
})
