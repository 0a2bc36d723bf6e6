import { defineControl } from './proxy/control.ts'
import { firstChoice, rewrite, type Json } from './proxy/payload.ts'

export default defineControl({
  name: 'tool-index-lost',
  defect: 'Removes the index from streamed tool calls.',
  breaks: ['streamed tool calls carry their index'],
  patch: {
    payload: (text, call) =>
      rewrite(text, (json) => {
        const calls = firstChoice(json).part['tool_calls']
        if (!call.stream || !Array.isArray(calls)) return false
        for (const tool of calls as Json[]) delete tool['index']
        return true
      }),
  },
})
