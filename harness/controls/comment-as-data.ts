import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'comment-as-data',
  defect: 'Relays comments as data.',
  breaks: ['chat.stream.sse-variance.comment'],
  patch: {
    comment: (text) => text,
  },
})
