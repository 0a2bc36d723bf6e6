import { defineControl } from './proxy/control.ts'
import { rewrite } from './proxy/payload.ts'

export default defineControl({
  name: 'usage-zero',
  defect: 'Reports zero tokens.',
  breaks: ['chat.usage.nonstream-exact', 'chat.stream.usage-chunk'],
  patch: {
    payload: (text) =>
      rewrite(text, (json) => {
        if (!json['usage']) return false
        json['usage'] = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
        return true
      }),
  },
})
