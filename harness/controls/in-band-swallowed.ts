import { defineControl } from './proxy/control.ts'
import { inventedStop } from './proxy/payload.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'in-band-swallowed',
  defect: 'Takes an error event in the middle of a stream for its good end.',
  breaks: ['error.in-band.visible'],
  patch: {
    onUnfinished(stream) {
      if (stream.why !== 'in-band') return honest.onUnfinished(stream)
      stream.sink.end([inventedStop(stream.last), ...honest.done])
    },
  },
})
