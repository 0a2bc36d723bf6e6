import { defineControl } from './proxy/control.ts'
import { honest } from './proxy/seams.ts'

export default defineControl({
  name: 'add-done-after-error',
  defect: 'Shows the error of a broken stream, then [DONE] and a clean end.',
  breaks: ['fault.cut.visible', 'error.in-band.visible', 'nothing after an error looks like success'],
  patch: {
    onUnfinished: ({ sink, failure }) => sink.end([JSON.stringify(failure.envelope()), ...honest.done]),
  },
})
