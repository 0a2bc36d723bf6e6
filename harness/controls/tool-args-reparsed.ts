import { defineControl } from './proxy/control.ts'
import { firstChoice, rewrite, type Json } from './proxy/payload.ts'

export default defineControl({
  name: 'tool-args-reparsed',
  defect: 'Parses the arguments of a tool call and writes them anew.',
  breaks: ['the arguments of a tool call arrive byte for byte'],
  patch: {
    payload: (text) =>
      rewrite(text, (json) => {
        const calls = firstChoice(json).part['tool_calls']
        if (!Array.isArray(calls)) return false
        for (const { function: called } of calls as { function?: Json }[]) {
          if (called !== undefined) called['arguments'] = rewrite(String(called['arguments']), () => true)
        }
        return true
      }),
  },
})
