import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'failover-mid-stream',
  defect: 'Lets the next upstream of the chain continue a stream that broke off.',
  breaks: ['failover.not-mid-stream'],
  patch: {
    async onUnfinished(stream) {
      const { call, why } = stream
      if ((why !== 'eof' && why !== 'cut') || call.lanes.length < 2) return honest.onUnfinished(stream)
      call.lanes = call.lanes.slice(1)
      await stream.again()
    },
  },
})
