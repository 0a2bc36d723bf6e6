import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'redact-nothing',
  defect: 'Passes on every secret that an upstream says.',
  breaks: ['redact.answers', 'redact.across-chunks'],
  patch: { redactor: () => (text) => text },
})
