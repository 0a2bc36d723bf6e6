import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'silent-cut',
  defect: 'Ends a stream the upstream broke off cleanly, with neither an error nor [DONE].',
  breaks: ['fault.cut.visible', 'fault.half-character'],
  patch: {
    onUnfinished(stream) {
      if (stream.why !== 'eof' && stream.why !== 'cut') return honest.onUnfinished(stream)
      stream.sink.end([])
    },
  },
})
