import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'accept-any-key',
  defect: 'Takes any key for a good one.',
  breaks: ['core.auth.wrong-key-401'],
  patch: {
    authorised: (key) => key !== undefined,
  },
})
