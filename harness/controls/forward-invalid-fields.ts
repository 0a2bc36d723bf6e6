import { defineControl } from './proxy/control.ts'
import { read } from './proxy/payload.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'forward-invalid-fields',
  defect: 'Leaves the checking of a request to the upstream.',
  breaks: ['core.request.invalid-field-400'],
  patch: {
    parse(text, path) {
      const body = read(text)
      return typeof body['model'] === 'string' ? { ...body, model: body['model'] } : honest.parse(text, path)
    },
  },
})
