import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'stream-as-json-type',
  defect: 'Labels streams application/json.',
  breaks: ['chat.stream.grammar'],
  patch: {
    streamHeaders: (headers) => ({ ...headers, 'content-type': 'application/json' }),
  },
})
