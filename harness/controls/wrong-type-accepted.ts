import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'wrong-type-accepted',
  defect: 'Relays a stream whatever content type the upstream gave it.',
  breaks: ['a 200 that is no event stream is no answer to a stream'],
  patch: {
    isEventStream: () => true,
  },
})
