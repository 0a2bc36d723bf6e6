import { defineControl } from './proxy/control.ts'
import { redactText } from './proxy/redact.ts'

export default defineControl({
  name: 'redact-per-chunk',
  defect: 'Looks for secrets in each chunk of a stream by itself.',
  breaks: ['redact.across-chunks'],
  patch: { redactor: () => redactText },
})
