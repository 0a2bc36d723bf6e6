import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'queue-without-end',
  defect: 'Lets everybody wait, however many there are.',
  breaks: ['queue.sheds'],
  patch: { queueRule: (rule) => ({ ...rule, places: Number.POSITIVE_INFINITY }) },
})
