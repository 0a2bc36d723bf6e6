import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'stream-anyway',
  defect: 'Asks a model that cannot stream for a stream.',
  breaks: ['core.request.cannot-stream-400'],
  patch: { checkStream: () => {} },
})
