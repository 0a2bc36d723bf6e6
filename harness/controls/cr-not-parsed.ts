import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'cr-not-parsed',
  defect: 'Does not know a lone CR as line end.',
  breaks: ['a lone CR is a line end'],
  patch: {
    lineEnd: /\r\n|\n/,
  },
})
