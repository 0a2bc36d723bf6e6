import { defineControl } from './proxy/control.ts'
import { inventedStop } from './proxy/payload.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'swallow-eof-as-done',
  defect: 'Ends a stream the upstream broke off with an invented finish_reason "stop" and [DONE].',
  breaks: ['fault.cut.visible', 'fault.half-character'],
  patch: {
    onUnfinished(stream) {
      if (stream.why !== 'eof' && stream.why !== 'cut') return honest.onUnfinished(stream)
      stream.sink.end([inventedStop(stream.last), ...honest.done])
    },
  },
})
