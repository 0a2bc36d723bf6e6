import type { Call } from './proxy/call.ts'
import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

const asked = new WeakSet<Call>()

export default defineControl({
  name: 'retry-mid-stream-silently',
  defect: 'Asks again after a cut and appends the new answer from its start.',
  breaks: ['retry.mid-stream.never-silent'],
  patch: {
    async onUnfinished(stream) {
      if ((stream.why !== 'eof' && stream.why !== 'cut') || asked.has(stream.call)) return honest.onUnfinished(stream)
      asked.add(stream.call)
      await stream.again()
    },
  },
})
