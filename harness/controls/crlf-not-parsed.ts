import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'crlf-not-parsed',
  defect: 'Knows only LF as line end.',
  breaks: ['chat.stream.sse-variance.crlf', 'a lone CR is a line end'],
  patch: {
    lineEnd: /\n/,
  },
})
