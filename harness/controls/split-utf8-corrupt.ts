import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'split-utf8-corrupt',
  defect: 'Decodes each read of the socket by itself, so that a character split between two reads is lost.',
  breaks: ['chat.stream.utf8-split'],
  patch: {
    decoder() {
      let first = true
      return (bytes) => {
        const text = new TextDecoder('utf-8', { ignoreBOM: !first }).decode(bytes)
        first = false
        return text
      }
    },
  },
})
