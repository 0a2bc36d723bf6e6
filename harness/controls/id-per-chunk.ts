import { defineControl } from './proxy/control.ts'
import { rewrite } from './proxy/payload.ts'
import { randomUUID } from 'node:crypto'

export default defineControl({
  name: 'id-per-chunk',
  defect: 'Gives each chunk an id of its own.',
  breaks: ['chat.stream.id-constant'],
  patch: {
    payload: (text, call) =>
      rewrite(text, (json) => {
        json['id'] = `chatcmpl-${randomUUID()}`
        return call.stream
      }),
  },
})
