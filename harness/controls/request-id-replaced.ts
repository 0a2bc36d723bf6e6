import { randomUUID } from 'node:crypto'
import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'request-id-replaced',
  defect: 'Gives each request an id of its own making, also one that came with an id.',
  breaks: ['core.request.id'],
  patch: { requestId: () => randomUUID() },
})
