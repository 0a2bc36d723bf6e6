import { defineControl } from './proxy/control.ts'
import { holdingRedactor } from './proxy/redact.ts'

export default defineControl({
  name: 'redact-drops-chunk',
  defect: 'Leaves out the whole of a text that holds a secret, with the words around it.',
  breaks: ['redact.answers', 'redact.across-chunks'],
  patch: {
    redactor() {
      const redactor = holdingRedactor()
      return (text, last) => {
        const shown = redactor(text, last)
        return shown.includes('[redacted]') ? '[redacted]' : shown
      }
    },
  },
})
