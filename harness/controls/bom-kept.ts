import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'bom-kept',
  defect: 'Takes a byte order mark at the start for text and loses the first event.',
  breaks: ['chat.stream.sse-variance.bom'],
  patch: {
    decoder() {
      const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
      return (bytes) => decoder.decode(bytes, { stream: true })
    },
  },
})
