import { defineControl } from './proxy/control.ts'
import { rewrite } from './proxy/payload.ts'

export default defineControl({
  name: 'change-temperature',
  defect: 'Overrides the temperature the caller asked for.',
  breaks: ['chat.basic.params-faithful'],
  patch: {
    requestBody: (text) =>
      rewrite(text, (json) => {
        if (json['temperature'] === undefined) return false
        json['temperature'] = json['temperature'] === 1 ? 0 : 1
        return true
      }),
  },
})
