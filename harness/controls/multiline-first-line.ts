import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'multiline-first-line',
  defect: 'Keeps only the first data line of an event.',
  breaks: ['chat.stream.sse-variance.multiline'],
  patch: {
    joinData: (lines) => lines[0] ?? '',
  },
})
