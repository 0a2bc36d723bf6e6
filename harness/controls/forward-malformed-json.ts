import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'forward-malformed-json',
  defect: 'Forwards a body it cannot parse.',
  breaks: ['core.request.malformed-json-400'],
  patch: {
    parse(text, path) {
      try {
        JSON.parse(text)
      } catch {
        return { model: path === '/embeddings' ? 'gauntlet-embed' : 'gauntlet-chat' }
      }
      return honest.parse(text, path)
    },
  },
})
