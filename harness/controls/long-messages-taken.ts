import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'long-messages-taken',
  defect: 'Takes messages of any length.',
  breaks: ['core.request.message-too-long-400'],
  patch: { checkLength: () => {} },
})
