import { defineControl } from './proxy/control.ts'
import { firstChoice, rewrite } from './proxy/payload.ts'

export default defineControl({
  name: 'clip-answer',
  defect: 'Loses the last character of an answer that is not streamed.',
  breaks: ['chat.basic.content-exact'],
  patch: {
    payload: (text, call) =>
      rewrite(text, (json) => {
        const { part } = firstChoice(json)
        if (call.stream || typeof part['content'] !== 'string') return false
        part['content'] = part['content'].slice(0, -1)
        return true
      }),
  },
})
