import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'cancel-only-streams',
  defect: 'Ends the upstream side only of streams when the caller leaves.',
  breaks: ['cancel.before-head', 'cancel.during-backoff'],
  patch: {
    onCallerGone(call) {
      if (call.stream) call.abort()
    },
  },
})
