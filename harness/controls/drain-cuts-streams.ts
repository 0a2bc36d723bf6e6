import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'drain-cuts-streams',
  defect: 'Cuts every live call on SIGTERM.',
  breaks: ['drain.streams-finish'],
  patch: {
    drainMs: () => 0,
  },
})
