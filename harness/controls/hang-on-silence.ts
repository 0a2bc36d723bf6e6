import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'hang-on-silence',
  defect: 'Waits for ever for the head of an answer.',
  breaks: ['fault.upstream.hang-before-head'],
  patch: {
    limit: (phase, ms) => (phase === 'head' ? Infinity : ms),
  },
})
