import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'hang-on-stall',
  defect: 'Waits for ever for the rest of an answer.',
  breaks: ['fault.upstream.stall-mid-stream'],
  patch: {
    limit: (phase, ms) => (phase === 'event' || phase === 'body' ? Infinity : ms),
  },
})
