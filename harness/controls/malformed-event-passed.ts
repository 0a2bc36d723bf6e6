import { defineControl } from './proxy/control.ts'
import { read } from './proxy/payload.ts'

export default defineControl({
  name: 'malformed-event-passed',
  defect: 'Relays events that are not JSON as if they were chunks.',
  breaks: ['fault.malformed-event'],
  patch: {
    parseChunk: (data) => read(data),
  },
})
