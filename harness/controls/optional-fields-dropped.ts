import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'optional-fields-dropped',
  defect: 'Drops fields that hold nothing, also those the document requires.',
  breaks: ['chat.basic.strict'],
  patch: {
    payload: (text) => JSON.stringify(JSON.parse(text), (key, value: unknown) => (value === null && key !== 'finish_reason' ? undefined : value)),
  },
})
