import { defineControl } from './proxy/control.ts'

export default defineControl({
  name: 'queue-without-slots',
  defect: 'Asks the upstream as often at a time as there is room in the queue.',
  breaks: ['queue.sheds'],
  patch: { queueRule: ({ slots, places }) => ({ slots: slots + places, places: 0 }) },
})
