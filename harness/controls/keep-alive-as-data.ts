import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'keep-alive-as-data',
  defect: 'Keeps a silent stream alive with events that are no chunks.',
  breaks: ['chat.stream.keep-alive'],
  patch: { keepAliveText: 'data: {}\n\n' },
})
