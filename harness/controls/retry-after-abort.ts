import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'retry-after-abort',
  defect: 'Makes the next attempt for a caller who left during the backoff.',
  breaks: ['cancel.during-backoff'],
  patch: {
    onCallerGone(call) {
      if (call.phase !== 'pausing') call.abort()
    },
  },
})
