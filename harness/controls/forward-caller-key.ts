import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'forward-caller-key',
  defect: "Forwards the caller's key to the upstream.",
  breaks: ['core.auth.caller-key-not-forwarded'],
  patch: {
    upstreamHeaders: (headers, call) => ({ ...headers, 'x-api-key': String(call.headers['x-api-key'] ?? call.headers.authorization) }),
  },
})
