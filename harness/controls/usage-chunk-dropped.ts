import { defineControl } from './proxy/control.ts'
import { read } from './proxy/payload.ts'

export default defineControl({
  name: 'usage-chunk-dropped',
  defect: 'Drops the usage chunk the caller asked for.',
  breaks: ['chat.stream.usage-chunk'],
  patch: {
    payload(text, call) {
      const { usage, choices } = read(text)
      return call.stream && usage && Array.isArray(choices) && choices.length === 0 ? null : text
    },
  },
})
