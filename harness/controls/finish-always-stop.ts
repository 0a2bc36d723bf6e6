import { defineControl } from './proxy/control.ts'
import { firstChoice, rewrite } from './proxy/payload.ts'

export default defineControl({
  name: 'finish-always-stop',
  defect: 'Reports every finish_reason as "stop".',
  breaks: ['the finish_reason stays as it was'],
  patch: {
    payload: (text) =>
      rewrite(text, (json) => {
        const { choice } = firstChoice(json)
        if (!choice['finish_reason']) return false
        choice['finish_reason'] = 'stop'
        return true
      }),
  },
})
