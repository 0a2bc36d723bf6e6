import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'no-cancel',
  defect: 'Keeps the upstream busy after the caller left.',
  breaks: ['cancel.before-head', 'cancel.mid-stream', 'cancel.during-backoff'],
  patch: {
    onCallerGone: () => {},
  },
})
