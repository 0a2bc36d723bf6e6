import { defineControl } from './proxy/control.ts'
import { read } from './proxy/payload.ts'

const KNOWN = new Set(['model', 'messages', 'input', 'stream', 'stream_options', 'temperature', 'top_p', 'stop', 'seed', 'max_tokens', 'n', 'user', 'encoding_format'])

export default defineControl({
  name: 'drop-unknown-field',
  defect: 'Forwards only the fields it knows.',
  breaks: ['fields the gateway does not know reach the upstream', 'tools and response_format reach the upstream'],
  patch: {
    requestBody: (text) => JSON.stringify(Object.fromEntries(Object.entries(read(text)).filter(([key]) => KNOWN.has(key)))),
  },
})
